/** Measures steps, for reports only: no time reaches a result. */
export interface Stopwatch {
  start(): void;
  stop(): void;
  /** Steps a second since the last lap. */
  lap(): number;
  /** All measured time. */
  seconds(): number;
}

export function createStopwatch(): Stopwatch {
  let started = 0;
  let total = 0;
  let lapSteps = 0;
  let lapTotal = 0;
  return {
    start() {
      started = performance.now();
    },
    stop() {
      total += performance.now() - started;
      lapSteps++;
    },
    lap() {
      const rate = lapSteps / ((total - lapTotal) / 1000);
      lapSteps = 0;
      lapTotal = total;
      return rate;
    },
    seconds: () => total / 1000,
  };
}
