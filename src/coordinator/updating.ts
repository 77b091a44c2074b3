/** What is made of a batch's gradient: it is kept for an update of several batches, or makes one. */
import type { WeightPlace } from '../engine/engine.ts';
import { type Accumulated, nothingAccumulated } from '../optimizer/settings.ts';
import type { Done } from '../pool/place.ts';
import {
  type NormsTask,
  otherBuffer,
  type SumsPart,
  type Task,
  type UpdateStep,
  type UpdateTask,
  type WeightPart,
} from '../protocol/tasks.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { treeSum } from '../reduction/tree.ts';
import type { Session } from './session.ts';

export interface Applied {
  /** Whether all that was written is finite. */
  readonly finite: boolean;
  /** Makes what was written the current values. */
  keep(): void;
}

/**
 * The last phases of a step, into the other buffers; what is current stays until it is kept.
 * @param batchExamples of the batch whose gradients lie in the slots, or added up in the layout's `sums`
 * @param updates which update of the optimizer it is for, from 1
 */
export function applyGradient(session: Session, batchExamples: number, updates: number): Promise<Applied> {
  const { accumulated, update } = session;
  const all: Accumulated = {
    batches: accumulated.batches + 1,
    examples: accumulated.examples + batchExamples,
  };
  return all.batches < update.accumulateSteps
    ? accumulate(session, batchExamples, all)
    : makeUpdate(session, batchExamples, all, updates);
}

async function accumulate(session: Session, batchExamples: number, all: Accumulated): Promise<Applied> {
  const into = otherBuffer(session.accumulated.buffer);
  const finite = await runParts(session, (part) => ({
    ...{ kind: 'accumulate', ...sumsOf(session, batchExamples), into, ...part },
  }));
  return {
    finite,
    keep() {
      session.accumulated = { ...all, buffer: into };
    },
  };
}

async function makeUpdate(
  session: Session,
  batchExamples: number,
  { examples }: Accumulated,
  updates: number,
): Promise<Applied> {
  const { learningRate, current, update } = session;
  const plain: UpdateStep = { step: updates, learningRate, examples, current };
  const scales = await scalesOf(session, plain);
  const step = scales === undefined ? plain : { ...plain, scales };
  const trust = session.hasTrust ? await trustOf(session, step) : undefined;
  const momentum = session.isAveraged ? (update.emaMomentum ?? 0) : 0;
  const finite = await runParts(
    session,
    (part): UpdateTask => ({
      ...{ kind: 'update', ...sumsOf(session, batchExamples), ...step, ...part },
      ...(trust === undefined ? {} : { trust }),
      emaMomentum: momentum,
    }),
  );
  return {
    finite,
    keep() {
      session.current = otherBuffer(current);
      session.accumulated = { ...nothingAccumulated, buffer: session.accumulated.buffer };
      session.isAveraged = true;
    },
  };
}

/**
 * By parts of the parameters. Elementwise work: the division changes no bits. What ranks have added up is the same on
 * all of them, so what is not finite on one only is a fault of a worker, and is made again.
 * @returns whether all that was written is finite
 */
async function runParts(
  { pool, exchange, updateTasks: parts }: Session,
  taskOf: (part: Pick<SumsPart, 'part' | 'parts'>) => Task,
): Promise<boolean> {
  const tasks = Array.from({ length: parts }, (_, part) => taskOf({ part, parts }));
  const done = await pool.run(tasks);
  if (done.every(({ finite }) => finite)) return true;
  if (exchange.ranks === 1) return false;
  const again = await pool.run(tasks, { notBy: done.map(({ worker }) => worker) });
  return again.every(({ finite }) => finite);
}

const sumsOf = (session: Session, batchExamples: number) => ({
  ...{ batchExamples, isSummed: session.isSummed },
  ...accumulatedOf(session),
});

const accumulatedOf = ({ accumulated: { batches, buffer } }: Session): Pick<SumsPart, 'accumulated'> =>
  batches === 0 ? {} : { accumulated: buffer };

/** What each weight's gradient is multiplied by, so that its norm, or that of all, is not above what it may be. */
async function scalesOf(session: Session, step: UpdateStep): Promise<number[] | undefined> {
  const { clip } = session.update;
  if (clip === undefined || clip.by === 'value') return undefined;
  const squares = (await squaresOf(session, step, 'gradient')).map(([square]) => square);
  const scaleOf = (square: number) => clip.most / Math.max(Math.sqrt(square), clip.most);
  if (clip.by === 'norm') return squares.map(scaleOf);
  const scale = scaleOf(treeSum([...squares]));
  return squares.map(() => scale);
}

/** What each weight's learning rate is multiplied by: the norm of the weight over that of its step, 1 where one is 0. */
async function trustOf(session: Session, step: UpdateStep): Promise<number[]> {
  const squares = await squaresOf(session, step, 'trust');
  return squares.map(([parameters, ofStep]) =>
    parameters === 0 || ofStep === 0 ? 1 : Math.sqrt(parameters) / Math.sqrt(ofStep),
  );
}

/**
 * A phase of its own: sums of squares by weight. A weight is cut into parts of a fixed size, and these are added up by the
 * tree, so that the bits depend on nothing but the weight. What no gradient moves has 0.
 */
async function squaresOf(session: Session, step: UpdateStep, of: NormsTask['of']): Promise<number[][]> {
  const { pool, layout, updateTasks } = session;
  const all = weightPartsOf(session);
  const cuts = cutIntoShards(all.length, Math.min(updateTasks, all.length));
  const done = await pool.run(
    cuts.map(
      ({ first, count }): NormsTask => ({
        ...{ kind: 'norms', of, ...step, ...accumulatedOf(session) },
        weightParts: all.slice(first, first + count),
      }),
    ),
  );
  const each = of === 'trust' ? 2 : 1;
  const squares = done.flatMap(({ squares = [] }: Done) => squares);
  const sumOf = (weight: number, place: number) => {
    const own = all.flatMap((part, index) => (part.weight === weight ? [squares[index * each + place]] : []));
    return own.length === 0 ? 0 : treeSum(own);
  };
  return layout.weights.map((_, weight) => Array.from({ length: each }, (_, place) => sumOf(weight, place)));
}

/** Of the weights that train. */
const weightPartsOf = ({ layout, trainedWeights }: Session): WeightPart[] =>
  trainedWeights.flatMap((weight) => partsOf(layout.weights[weight]).map((part) => ({ weight, ...part })));

/** Large enough that few of them make a phase's tasks. */
const partFloats = 2 ** 16;

const partsOf = ({ first, floats }: WeightPlace): WeightPlace[] =>
  Array.from({ length: Math.ceil(floats / partFloats) }, (_, part) => ({
    first: first + part * partFloats,
    floats: Math.min(partFloats, floats - part * partFloats),
  }));
