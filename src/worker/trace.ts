import type { Spans } from '../protocol/tasks.ts';
import type { Trace } from '../trace.ts';

export interface RecordedTrace extends Trace {
  /** What was noted since the last call: spans inside of another one come before it. */
  take(): Spans;
}

/** @param from what times count from, in milliseconds since 1970: the same for all threads */
export function createTrace(from: number): RecordedTrace {
  const offset = performance.timeOrigin - from;
  let names: string[] = [];
  let times: number[] = [];
  let shares = new Map<number, number>();
  return {
    span(name, run, shareOf) {
      const start = performance.now();
      const result = run();
      const end = performance.now();
      if (shareOf !== undefined) shares.set(names.length, shareOf(result));
      names.push(name);
      times.push(start + offset, end - start);
      return result;
    },
    take() {
      const spans = { names, times: Float64Array.from(times), shares };
      names = [];
      times = [];
      shares = new Map();
      return spans;
    },
  };
}
