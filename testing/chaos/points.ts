/** Where in a training a fault comes. Six steps are an epoch; evaluations after each 5th, saves after each 4th step. */
import { checkpointFiles, manifestName } from '../../src/run/manifest.ts';
import type { Fault, ThreadFault } from './fault.ts';

/** In the order in which they are written. */
export const filesOfCheckpoint = [...checkpointFiles, manifestName];

export const dataFiles = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'];

export const points = [
  'start',
  'first step',
  'mid-epoch',
  'mid-epoch update',
  'uneven last batch',
  'evaluation',
  'checkpoint write',
  'shutdown',
] as const;
export type Point = (typeof points)[number];

const kindsOfTask: Record<Point, Fault['task']> = {
  start: 'pack',
  'first step': 'gradient',
  'mid-epoch': 'gradient',
  'mid-epoch update': 'update',
  'uneven last batch': 'gradient',
  evaluation: 'evaluate',
  'checkpoint write': 'unpack',
  shutdown: 'unpack',
};

/** Which of the places of that kind, from 0 to 1. */
export function placeOf(point: Point, at: number, steps: number): Pick<Fault, 'task' | 'step' | 'nth'> {
  const task = kindsOfTask[point];
  const epochs = Math.floor(steps / 6);
  const oneOf = (count: number) => Math.min(count - 1, Math.floor(at * count));
  // Parameters and one array of the optimizer, each time.
  const unpacks = 2 * Math.ceil(steps / 4);
  switch (point) {
    case 'start':
      return { task, nth: 1 };
    case 'first step':
      return { task, step: 1, nth: 1 };
    case 'mid-epoch':
      return { task, step: 6 * oneOf(epochs) + 3, nth: 2 };
    case 'mid-epoch update':
      return { task, step: 6 * oneOf(epochs) + 2, nth: 1 };
    case 'uneven last batch':
      return { task, step: 6 * oneOf(epochs) + 6, nth: 1 };
    case 'evaluation':
      return { task, nth: 1 + oneOf(3 * Math.floor(steps / 5)) };
    case 'checkpoint write':
      return { task, nth: 1 + oneOf(unpacks) };
    case 'shutdown':
      return { task, nth: unpacks + 1 };
  }
}

/** What can come to a worker there. */
export const isPossible = (kind: ThreadFault, point: Point): boolean =>
  kind === 'NaN once'
    ? ['gradient', 'update', 'evaluate'].includes(kindsOfTask[point])
    : kind !== 'failing start' || point === 'start';

/**
 * What was begun and not done is begun again, and counts again: the last task of a training comes later by as many as
 * died of its kind before.
 */
export function withRetries(faults: readonly Fault[]): Fault[] {
  const before = faults.filter(
    ({ task, point, kind }) => task === 'unpack' && point !== 'shutdown' && kind !== 'straggler',
  );
  return faults.map((fault) =>
    fault.point === 'shutdown' ? { ...fault, nth: fault.nth + before.length } : fault,
  );
}
