import { availableParallelism } from 'node:os';
import type { Task } from '../protocol/tasks.ts';

/** How long a task may take before its worker counts as hung. */
export interface Deadlines {
  /** A task of this kind took so long. */
  record(kind: Task['kind'], milliseconds: number): void;
  of(kind: Task['kind']): number;
}

/** A task may take that many times the running median of its kind. Far above what a busy machine does to one. */
const medians = 20;
/** Shorter ones would say more about the machine's scheduler than about the worker. */
const leastMilliseconds = 2000;
/** Where more workers than that share a core, each waits for the others, and the least grows with them. */
const workersACore = 4;
/** Tasks that the median is taken of: the last ones, since a machine changes its speed. */
const remembered = 31;

/** @param mostMilliseconds a deadline's upper end; the deadline itself as long as no task of the kind was done */
export function createDeadlines(
  mostMilliseconds: number,
  workers: number,
  cores = availableParallelism(),
): Deadlines {
  const least = leastMilliseconds * Math.max(1, workers / (workersACore * cores));
  const durations = new Map<Task['kind'], number[]>();
  return {
    record(kind, milliseconds) {
      const ofKind = durations.get(kind) ?? [];
      durations.set(kind, ofKind);
      ofKind.push(milliseconds);
      if (ofKind.length > remembered) ofKind.shift();
    },
    of(kind) {
      const ofKind = durations.get(kind);
      if (ofKind === undefined) return mostMilliseconds;
      const median = ofKind.toSorted((a, b) => a - b)[ofKind.length >> 1];
      return Math.min(Math.max(medians * median, least), mostMilliseconds);
    },
  };
}
