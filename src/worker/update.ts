import type { ConstrainedWeight, Derivation, Engine, GradientBlock, WeightPlace } from '../engine/engine.ts';
import { updateStructBytes } from '../optimizer/optimizer.ts';
import {
  type AccumulateTask,
  type MeanTask,
  type MemoryLayout,
  type NormsTask,
  otherBuffer,
  type SumsPart,
  type SumTask,
  type UpdateTask,
} from '../protocol/tasks.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import {
  type Apply,
  exchangedBlocks,
  exchangedSums,
  slotRange,
  treeScratchBytes,
  treeSums,
} from './gradient-sums.ts';
import { behind, deriveOf, partBorder } from './parts.ts';
import { blockSquares, blockUpdate, isState, type UpdaterContext } from './weight-updates.ts';

/** Scratch of one worker: what the optimizer's kernel and that of state are told, then that of the tree. */
export const updateScratchBytes = (shards: number): number =>
  2 * updateStructBytes + treeScratchBytes(shards);

export interface UpdateContext extends UpdaterContext {
  readonly engine: Pick<Engine, 'sumDeferred' | 'addPenalties' | 'constraints' | 'derivations'>;
}

/**
 * The last phase of a step over a part of the parameters: the shards' gradient sums are added as a fixed tree, and
 * the optimizer makes the next parameters of the mean. The sums lie in the shards' slots, or the engine computes them
 * now (deferred gradients), or the ranks have added them up. Reads the current buffers and writes the others only; of
 * those, it reads what it has written itself, to derive values of it.
 * The update returns whether all that it wrote is finite.
 */
export function createUpdate(context: UpdateContext) {
  const { engine, layout } = context;
  const summing = summingOf(context);
  return (task: UpdateTask): boolean => {
    let finite = true;
    const next = layout.parameters[otherBuffer(task.current)];
    const update = blockUpdate(context, task);
    const batch = { examples: task.examples, parametersOffset: layout.parameters[task.current] };
    const constrained = new Set<ConstrainedWeight>();
    const derived = new Set<Derivation>();
    const made: WeightPlace[] = [];
    allSums(summing, task, (block) => {
      const isDeferred = block.first >= layout.slotFloats;
      if (isDeferred) engine.addPenalties(block, batch);
      finite = update(block) && finite;
      if (layout.average !== undefined) made.push({ first: block.first, floats: block.floats });
      addHolding(constrained, engine.constraints, block);
      if (isDeferred) addHolding(derived, engine.derivations, block);
    });
    // All of a weight is there now: a part has the whole of it.
    for (const weight of constrained) weight.constrain(next);
    for (const { derive } of derived) derive(next);
    const constants = constantRange(context, task);
    deriveSlots(context, task);
    copyConstants(context, task, constants);
    moveAverage(context, task, [...made, constants]);
    return finite;
  };
}

/** Keeps the sums of a batch, with those of the batches before, for an update of several; tells whether they are finite. */
export function createAccumulate(context: UpdateContext) {
  const { kernels, layout } = context;
  const summing = summingOf(context);
  return (task: AccumulateTask): boolean => {
    let finite = true;
    const into = layout.accumulated?.[task.into];
    if (into === undefined) throw new Error('The memory has no place for accumulated sums');
    allSums(summing, task, ({ first, floats, sum }) => {
      finite = kernels.keepSums(sum, floats, into + first * 4) === 1 && finite;
    });
    return finite;
  };
}

/** Sums of squares of parts of weights, in the order of each part's blocks. */
export function createNorms(context: UpdateContext) {
  const { engine, kernels, layout } = context;
  const summing = summingOf(context);
  return (task: NormsTask): number[] => {
    const { examples, weightParts } = task;
    const batch = { examples, parametersOffset: layout.parameters[task.current] };
    const squaresOf =
      task.of === 'trust'
        ? blockSquares(context, task)
        : ({ sum, floats }: GradientBlock) => [kernels.squaresOfMean(sum, floats, examples)];
    return weightParts.flatMap((part) => {
      let totals: readonly number[] = [];
      const add = withAccumulated(summing, task, (block) => {
        if (block.first >= layout.slotFloats) engine.addPenalties(block, batch);
        totals = squaresOf(block).map((square, place) => (totals[place] ?? 0) + square);
      });
      exchangedBlocks(summing, part, add);
      return totals;
    });
  };
}

/** Adds that one which a block is of. */
function addHolding<T extends Pick<Derivation, 'first' | 'floats'>>(
  to: Set<T>,
  wholes: readonly T[],
  block: GradientBlock,
): void {
  const whole = wholes.find(({ first, floats }) => block.first >= first && block.first < first + floats);
  if (whole !== undefined) to.add(whole);
}

/** The phase before the last one, where ranks add up their sums: this rank's, of a part of the parameters. */
export function createSum(context: UpdateContext) {
  const { layout, bytes } = context;
  const summing = summingOf(context);
  return ({ counts, ...part }: SumTask): void => {
    const { sums } = layout;
    if (sums === undefined) throw new Error('The memory has no place for sums');
    treeSums(summing, counts, part, ({ first, floats, sum }) => {
      bytes.copyWithin(sums + first * 4, sum, sum + floats * 4);
    });
  };
}

/** What of the gradient that lies in the layout's `sums` an update would get, as values. */
export function createMean(context: UpdateContext) {
  const { engine, layout, bytes } = context;
  const summing = summingOf(context);
  return ({ examples, current, ...part }: MeanTask): void => {
    const batch = { examples, parametersOffset: layout.parameters[current] };
    exchangedSums(summing, part, (block) => {
      if (block.first >= layout.slotFloats) engine.addPenalties(block, batch);
      const sums = new Float32Array(bytes.buffer, block.sum, block.floats);
      const to = layout.parameters[otherBuffer(current)] + block.first * 4;
      new Float32Array(bytes.buffer, to, block.floats).set(sums.map((sum) => sum / examples));
    });
  };
}

type Summing = UpdateContext & { readonly treeScratch: number };

const summingOf = (context: UpdateContext): Summing => ({
  ...context,
  treeScratch: context.scratch + 2 * updateStructBytes,
});

/** A part of the sums over all of an update's batches. */
function allSums(summing: Summing, task: SumsPart, apply: Apply): void {
  const add = withAccumulated(summing, task, apply);
  if (task.isSummed) exchangedSums(summing, task, add);
  else treeSums(summing, countsOf(task, summing.layout), task, add);
}

/** Adds those of the batches before to each block, which is scratch. */
function withAccumulated(
  { kernels, layout }: Summing,
  { accumulated }: Pick<SumsPart, 'accumulated'>,
  apply: Apply,
): Apply {
  if (accumulated === undefined) return apply;
  const before = layout.accumulated?.[accumulated];
  if (before === undefined) throw new Error('The memory has no place for accumulated sums');
  return (block) => {
    const { first, floats, sum } = block;
    kernels.addSums(before + first * 4, sum, floats, sum);
    apply(block);
  };
}

const countsOf = ({ batchExamples }: SumsPart, { gradients }: MemoryLayout): number[] =>
  cutIntoShards(batchExamples, gradients.length).map(({ count }) => count);

/** What is derived of the parameters with slots that this part has made. */
function deriveSlots({ engine, layout }: UpdateContext, task: UpdateTask): void {
  const { start, end } = slotRange(layout, engine, task);
  deriveOf(engine.derivations, start, end, layout.parameters[otherBuffer(task.current)]);
}

/** This part of what nothing moves. */
function constantRange(
  { engine: { derivations }, layout }: UpdateContext,
  { part, parts }: UpdateTask,
): WeightPlace {
  const { first, floats } = layout.constants;
  const [start, end] = [part, part + 1].map(
    (index) => first + partBorder(behind(derivations, first), floats, index, parts),
  );
  return { first: start, floats: end - start };
}

/** It, and what is derived of it. */
function copyConstants(
  { engine: { derivations }, layout, bytes }: UpdateContext,
  { current }: UpdateTask,
  { first, floats }: WeightPlace,
): void {
  const next = layout.parameters[otherBuffer(current)];
  const from = layout.parameters[current];
  bytes.copyWithin(next + first * 4, from + first * 4, from + (first + floats) * 4);
  deriveOf(derivations, first, first + floats, next);
}

/** What no gradient moves is no average, but what it is. */
function moveAverage(
  { kernels, layout }: UpdateContext,
  { current, emaMomentum = 0 }: UpdateTask,
  made: readonly WeightPlace[],
): void {
  const { average, parameters, constants } = layout;
  if (average === undefined) return;
  const next = otherBuffer(current);
  for (const block of made) {
    const at = block.first * 4;
    const momentum = isState(layout, block) || block.first >= constants.first ? 0 : emaMomentum;
    kernels.averageBlock(
      ...([average[current] + at, parameters[next] + at, block.floats] as const),
      ...([momentum, 1 - momentum, average[next] + at] as const),
    );
  }
}
