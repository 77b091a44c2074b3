/**
 * What TensorFlow reads from the environment when it is loaded. To be set in the main thread: worker threads only have
 * a copy. One thread a worker keeps each on a core of its own; what the user has set stays.
 */
const settings = {
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  // Errors only: TensorFlow.js throws them too.
  TF_CPP_MIN_LOG_LEVEL: '2',
} as const;

export function prepareTensorflowEnvironment(): void {
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
}
