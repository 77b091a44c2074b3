/** What signals do, from the first moment of the program to its last. */
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { notice } from './print/output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/**
 * Started by npm, a Ctrl-C arrives several times at once: from the terminal and from each process above. Only a
 * signal that comes later than this is a second one.
 */
const echoMilliseconds = 500;

export interface Stop {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that asked to stop; 0 when none did. */
  exitCode(): number;
}

/** A command that ends in its own way; without one a signal ends the process at once. */
let stopping: AbortController | undefined;
let exitCode = 0;
let askedAt = 0;

/** To be called before anything else is loaded. The handlers stay: a signal counts up to the end. */
export function watchSignals(): void {
  for (const signal of signals) process.on(signal, onSignal);
  process.on('exit', (code) => {
    if (code === 0) process.exitCode = exitCode;
  });
}

/** The first signal asks for an end after the step under way, a second one ends the process at once. */
export function stopOnSignals(): Stop {
  stopping = new AbortController();
  return { signal: stopping.signal, exitCode: () => exitCode };
}

/** The work is done that a signal asked to end: from here on one ends the process at once. */
export function leaveOnSignals(): void {
  stopping = undefined;
}

function onSignal(signal: Signal): void {
  const code = 128 + constants.signals[signal];
  if (stopping === undefined) process.exit(code);
  if (stopping.signal.aborted) {
    if (performance.now() - askedAt > echoMilliseconds) process.exit(code);
    return;
  }
  exitCode = code;
  askedAt = performance.now();
  notice(`${signal}: ends after this step and saves; once more leaves at once`);
  stopping.abort();
}
