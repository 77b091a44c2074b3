/** Where the sums of a batch's gradients come from, block by block. */
import type { Engine, GradientBlock, WeightPlace } from '../engine/engine.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { MemoryLayout } from '../protocol/tasks.ts';
import { behind, bordersOf, partBorder } from './parts.ts';

/** Floats of a block: small enough that the tree's rows stay in the first-level cache with 8 shards. */
export const blockFloats = 512;

/** Scratch of one worker: the rows of the tree's first level. */
export const treeScratchBytes = (shards: number): number => Math.ceil(shards / 2) * blockFloats * 4;

export interface SumContext {
  readonly engine: Pick<Engine, 'sumDeferred' | 'constraints' | 'derivations'>;
  readonly kernels: Pick<Kernels, 'treeSum'>;
  readonly layout: MemoryLayout;
  /** The whole memory. */
  readonly bytes: Uint8Array;
  /** Address of `treeScratchBytes` bytes. */
  readonly treeScratch: number;
}

/** Which of so many parts of the parameters. */
export interface Part {
  readonly part: number;
  readonly parts: number;
}

export type Apply = (block: GradientBlock) => void;

/**
 * The fixed tree over the shards of this rank: over their slots, or of what the engine computes now (deferred gradients).
 * @param counts how many examples each shard has
 */
export function treeSums(
  { engine, kernels, layout: { gradients, ...layout }, treeScratch: sum }: SumContext,
  counts: readonly number[],
  part: Part,
  apply: Apply,
): void {
  const stride = gradients.length > 1 ? gradients[1] - gradients[0] : 0;
  eachSlotBlock(layout, engine, part, (first, floats) => {
    kernels.treeSum(gradients[0] + first * 4, stride, gradients.length, floats, sum);
    apply({ first, floats, sum });
  });
  let first = 0;
  const shards = counts.map((count, index) => {
    first += count;
    return { index, first: first - count, count };
  });
  engine.sumDeferred({ shards, ...part }, apply);
}

/** What the ranks have added up. A copy of each block: it may be changed, and is the same when a task is done again. */
export function exchangedSums(context: Omit<SumContext, 'kernels'>, part: Part, apply: Apply): void {
  const { engine, layout } = context;
  const { slotFloats, constants } = layout;
  const block = (first: number, floats: number) => apply(copiedBlock(context, first, floats));
  eachSlotBlock(layout, engine, part, block);
  const wholes = behind(wholesOf(engine), slotFloats);
  const [start, end] = [part.part, part.part + 1].map((index) =>
    partBorder(wholes, constants.first - slotFloats, index, part.parts),
  );
  const borders = [...wholes, ...behind(layout.weights, slotFloats)].flatMap(bordersOf);
  eachBlock({ start, end }, borders, (first, floats) => block(slotFloats + first, floats));
}

/** Of the same, those of neighbouring elements, in blocks. */
export function exchangedBlocks(context: CopyContext, { first, floats }: WeightPlace, apply: Apply): void {
  for (let done = 0; done < floats; done += blockFloats)
    apply(copiedBlock(context, first + done, Math.min(blockFloats, floats - done)));
}

function copiedBlock(
  { layout: { sums = 0 }, bytes, treeScratch: sum }: CopyContext,
  first: number,
  floats: number,
): GradientBlock {
  bytes.copyWithin(sum, sums + first * 4, sums + (first + floats) * 4);
  return { first, floats, sum };
}

type CopyContext = Pick<SumContext, 'layout' | 'bytes' | 'treeScratch'>;

/** Of this part of the gradients in slots. */
export function slotRange(
  { slotFloats }: Pick<MemoryLayout, 'slotFloats'>,
  engine: Pick<Engine, 'constraints' | 'derivations'>,
  { part, parts }: Part,
) {
  const wholes = wholesOf(engine);
  const [start, end] = [part, part + 1].map((index) => partBorder(wholes, slotFloats, index, parts));
  return { start, end };
}

/** What belongs to one part: weights with constraints, and what something is derived of. */
const wholesOf = ({ constraints, derivations }: Pick<Engine, 'constraints' | 'derivations'>) => [
  ...constraints,
  ...derivations,
];

/** No block is part gradient, part state, or of two weights, and none has a border of what belongs together. */
function eachSlotBlock(
  layout: Pick<MemoryLayout, 'slotFloats' | 'stateFloats' | 'weights'>,
  engine: Pick<Engine, 'constraints' | 'derivations'>,
  part: Part,
  block: (first: number, floats: number) => void,
): void {
  const wholes = [...wholesOf(engine), ...layout.weights];
  const borders = [layout.slotFloats - layout.stateFloats, ...wholes.flatMap(bordersOf)];
  eachBlock(slotRange(layout, engine, part), borders, block);
}

function eachBlock(
  { start, end }: { readonly start: number; readonly end: number },
  borders: readonly number[],
  block: (first: number, floats: number) => void,
): void {
  const sorted = [...borders, end].sort((a, b) => a - b);
  let next = 0;
  for (let first = start, floats: number; first < end; first += floats) {
    while (sorted[next] <= first) next++;
    floats = Math.min(blockFloats, sorted[next] - first);
    block(first, floats);
  }
}
