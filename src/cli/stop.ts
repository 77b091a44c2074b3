import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { notice } from './output.ts';

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
  /** From here on the signals act as they do everywhere. */
  release(): void;
}

/** The first signal asks for an end after the step under way, a second one ends the process at once. */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let exitCode = 0;
  let askedAt = 0;
  const onSignal = (signal: Signal) => {
    if (controller.signal.aborted) {
      if (performance.now() - askedAt > echoMilliseconds) process.exit(128 + constants.signals[signal]);
      return;
    }
    exitCode = 128 + constants.signals[signal];
    askedAt = performance.now();
    notice(`${signal}: ends after this step and saves; once more leaves at once`);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
