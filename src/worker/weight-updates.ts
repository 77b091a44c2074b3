/** An optimizer's update of blocks, each with what its weight is updated by. */
import type { GradientBlock } from '../engine/engine.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Update } from '../kernels/structs.ts';
import { type Optimizer, updateStructBytes } from '../optimizer/optimizer.ts';
import { sgd } from '../optimizer/sgd.ts';
import type { UpdateSettings } from '../optimizer/update-settings.ts';
import { type MemoryLayout, otherBuffer, type UpdateStep, type UpdateTask } from '../protocol/tasks.ts';

export interface UpdaterContext {
  readonly kernels: Kernels;
  readonly optimizer: Optimizer;
  readonly settings: UpdateSettings;
  /** Which of the network's parameters decay. */
  readonly decays: readonly boolean[];
  readonly layout: MemoryLayout;
  /** The whole memory. */
  readonly bytes: Uint8Array;
  /** Address of twice `updateStructBytes` bytes. */
  readonly scratch: number;
}

/** Makes the next parameters and state of a block from the sum of its gradients; tells whether they are finite. */
export function blockUpdate(context: UpdaterContext, task: UpdateTask): (block: GradientBlock) => boolean {
  const { kernels, optimizer, layout, bytes, scratch } = context;
  const optimize = byWeight(context, (weight) =>
    optimizer.begin(kernels, bytes.buffer, scratch, updateOf(context, task, weight), task.step),
  );
  // State becomes what it was, plus the mean of how far the examples moved it: a step of SGD at a rate of -1.
  const move = { ...plainUpdate(context, task), learningRate: -1 };
  const addMean = sgd().begin(kernels, bytes.buffer, scratch + updateStructBytes, move, task.step);
  return (block) => {
    const update = isState(layout, block) ? addMean : optimize(block);
    return update(block.sum, block.first, block.floats);
  };
}

/** What a trust ratio is of, of a block: the sums of the squares of the parameters and of the step. */
export function blockSquares(context: UpdaterContext, task: UpdateStep): (block: GradientBlock) => number[] {
  const { kernels, optimizer, bytes, scratch } = context;
  const { beginSquares } = optimizer;
  if (beginSquares === undefined) throw new Error('The optimizer has no trust ratio');
  const measure = byWeight(context, (weight) =>
    beginSquares(kernels, bytes.buffer, scratch, updateOf(context, task, weight), task.step),
  );
  return (block) => {
    const { parameters, step } = measure(block)(block.sum, block.first, block.floats);
    return [parameters, step];
  };
}

/** Whether no gradient moves the elements of a block. */
export const isState = ({ slotFloats, stateFloats }: MemoryLayout, { first }: { readonly first: number }) =>
  first >= slotFloats - stateFloats && first < slotFloats;

/** What is begun once for neighbouring blocks of a weight: the struct that it reads is the same for them. */
function byWeight<T>({ layout }: UpdaterContext, begin: (weight: number) => T) {
  let begun: { readonly weight: number; readonly value: T } | undefined;
  return ({ first }: GradientBlock): T => {
    const isOf = (weight: number | undefined) => {
      const place = weight === undefined ? undefined : layout.weights[weight];
      return place !== undefined && place.first <= first && first < place.first + place.floats;
    };
    if (begun === undefined || !isOf(begun.weight)) {
      const weight = layout.weights.findIndex((_, index) => isOf(index));
      begun = { weight, value: begin(weight) };
    }
    return begun.value;
  };
}

/** @param weight its place among the network's parameters */
function updateOf(
  context: UpdaterContext,
  task: UpdateStep & Pick<UpdateTask, 'trust'>,
  weight: number,
): Update {
  const { settings, decays } = context;
  const { learningRate, scales, trust } = task;
  const plain = plainUpdate(context, task);
  return {
    ...plain,
    learningRate: learningRate * (trust?.[weight] ?? 1),
    scale: scales?.[weight] ?? plain.scale,
    limit: settings.clip?.by === 'value' ? settings.clip.most : plain.limit,
    weightDecay: decays[weight] ? -learningRate * settings.weightDecay : plain.weightDecay,
  };
}

/** With nothing but the optimizer's own rule. */
function plainUpdate({ layout }: UpdaterContext, { current, examples, learningRate }: UpdateStep): Update {
  const next = otherBuffer(current);
  const [first, second] = layout.optimizerState;
  return {
    current: layout.parameters[current],
    next: layout.parameters[next],
    ...{ first: first?.[current] ?? 0, nextFirst: first?.[next] ?? 0 },
    ...{ second: second?.[current] ?? 0, nextSecond: second?.[next] ?? 0 },
    ...{ examples, learningRate, scale: 1, limit: Number.POSITIVE_INFINITY, weightDecay: 0 },
  };
}
