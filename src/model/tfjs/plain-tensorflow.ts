/** TensorFlow.js's layers, with a backend that can hold their weights: what needs no package that may be missing. */
export async function plainTensorflow(): Promise<typeof import('@tensorflow/tfjs-core')> {
  await import('./cpu-backend.ts');
  await import('@tensorflow/tfjs-layers');
  return import('@tensorflow/tfjs-core');
}
