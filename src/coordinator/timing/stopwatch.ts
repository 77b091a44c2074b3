/** Measures steps, for reports only: no time reaches a result. */
export interface Stopwatch {
  start(): void;
  /** @param examples how many the step was about */
  stop(examples: number): void;
  /** Steps a second since the last lap. */
  lap(): number;
  /** Over all measured time. */
  examplesPerSecond(): number;
}

export function createStopwatch(): Stopwatch {
  let started = 0;
  let milliseconds = 0;
  let allExamples = 0;
  let lapSteps = 0;
  let lapStart = 0;
  return {
    start() {
      started = performance.now();
    },
    stop(examples) {
      milliseconds += performance.now() - started;
      allExamples += examples;
      lapSteps++;
    },
    lap() {
      const rate = (lapSteps / (milliseconds - lapStart)) * 1000;
      lapSteps = 0;
      lapStart = milliseconds;
      return rate;
    },
    examplesPerSecond: () => (allExamples / milliseconds) * 1000,
  };
}
