import type { Derivation, Engine, GradientBlock } from '../engine/engine.ts';
import type { Kernels } from '../engine/wasm/kernels.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { sgd } from '../optimizer/sgd.ts';
import type { MemoryLayout, UpdateTask } from '../protocol.ts';
import { cutIntoShards } from '../reduction/shards.ts';

/** Floats of a block: small enough that the tree's rows stay in the first-level cache with 8 shards. */
export const blockFloats = 512;

/** Scratch of one worker: the rows of the tree's first level. */
export const updateScratchBytes = (shards: number): number => Math.ceil(shards / 2) * blockFloats * 4;

export interface UpdateContext {
  readonly engine: Pick<Engine, 'sumDeferred' | 'derivations'>;
  readonly kernels: Kernels;
  readonly optimizer: Optimizer;
  readonly layout: MemoryLayout;
  /** The whole memory. */
  readonly bytes: Uint8Array;
  /** Address of `updateScratchBytes` bytes. */
  readonly scratch: number;
}

/**
 * The second phase of a step over a part of the parameters: the shards' gradient sums are added as a fixed tree, and
 * the optimizer makes the next parameters of the mean. The sums lie in the shards' slots, or the engine computes them
 * now (deferred gradients). Reads the current buffers and writes the others only; of those, it reads what it has written
 * itself, to derive values of it.
 * The update returns whether all that it wrote is finite.
 */
export function createUpdate(context: UpdateContext) {
  return (task: UpdateTask): boolean => {
    let finite = true;
    const update = blockUpdate(context, task);
    const apply = (block: GradientBlock) => {
      finite = update(block) && finite;
    };
    eachSlotBlock(context, task, apply);
    context.engine.sumDeferred(
      {
        shards: cutIntoShards(task.examples, context.layout.gradients.length).map((shard, index) => ({
          index,
          ...shard,
        })),
        part: task.part,
        parts: task.parts,
      },
      apply,
    );
    copyConstants(context, task);
    return finite;
  };
}

/** Makes the next parameters and state of a block from the sum of its gradients; tells whether they are finite. */
function blockUpdate(
  { kernels, optimizer, layout }: UpdateContext,
  { step, learningRate, current, examples }: UpdateTask,
) {
  const next = other(current);
  const stateStart = layout.slotFloats - layout.stateFloats;
  return ({ first, floats, sum }: GradientBlock): boolean => {
    const isState = layout.stateFloats > 0 && first >= stateStart && first < layout.slotFloats;
    const at = (address: number) => address + first * 4;
    return (isState ? addMean : optimizer).update(kernels, {
      step,
      learningRate: isState ? -1 : learningRate,
      floats,
      sum,
      examples,
      current: at(layout.parameters[current]),
      next: at(layout.parameters[next]),
      currentState: layout.optimizerState.map((buffers) => at(buffers[current])),
      nextState: layout.optimizerState.map((buffers) => at(buffers[next])),
    });
  };
}

/** This part of the gradients in slots, and what is derived of the parameters that it makes. */
function eachSlotBlock(
  { engine, kernels, layout, scratch }: UpdateContext,
  { part, parts, current }: UpdateTask,
  apply: (block: GradientBlock) => void,
): void {
  const { gradients, slotFloats, stateFloats } = layout;
  const { derivations } = engine;
  const stride = gradients.length > 1 ? gradients[1] - gradients[0] : 0;
  const [start, end] = [part, part + 1].map((index) => partBorder(derivations, slotFloats, index, parts));
  // No block is part gradient, part state, and none has a border of what something is derived of.
  const borders = [slotFloats - stateFloats, ...derivations.flatMap(bordersOf), end].sort((a, b) => a - b);
  let next = 0;
  for (let first = start, floats: number; first < end; first += floats) {
    while (borders[next] <= first) next++;
    floats = Math.min(blockFloats, borders[next] - first);
    kernels.treeSum(gradients[0] + first * 4, stride, gradients.length, floats, scratch);
    apply({ first, floats, sum: scratch });
  }
  deriveOf(derivations, start, end, layout.parameters[other(current)]);
}

/** This part of what nothing moves, and what is derived of it. */
function copyConstants(
  { engine: { derivations }, layout, bytes }: UpdateContext,
  { part, parts, current }: UpdateTask,
): void {
  const { first, floats } = layout.constants;
  const [start, end] = [part, part + 1].map(
    (index) => first + partBorder(behind(derivations, first), floats, index, parts),
  );
  const next = layout.parameters[other(current)];
  const from = layout.parameters[current];
  bytes.copyWithin(next + start * 4, from + start * 4, from + end * 4);
  deriveOf(derivations, start, end, next);
}

/** Derives what is derived of the parameters from `start` to `end`. */
function deriveOf(derivations: readonly Derivation[], start: number, end: number, parameters: number): void {
  for (const { first, derive } of derivations) if (first >= start && first < end) derive(parameters);
}

/** The derivations as they stand from the parameter `start` on. */
const behind = (derivations: readonly Derivation[], start: number): Derivation[] =>
  derivations.map((derivation) => ({ ...derivation, first: derivation.first - start }));

/** Parts are of nearly equal size, cut on cache line borders; what something is derived of goes to one as a whole. */
function partBorder(
  derivations: readonly Derivation[],
  floats: number,
  index: number,
  parts: number,
): number {
  const border = Math.floor((index * floats) / 16 / parts) * 16;
  return derivations.find((one) => one.first < border && border < one.first + one.floats)?.first ?? border;
}

const bordersOf = ({ first, floats }: Derivation): number[] => [first, first + floats];

/** State becomes what it was, plus the mean of how far the examples moved it: a step of SGD at a rate of -1. */
const addMean = sgd();

const other = (buffer: 0 | 1): 0 | 1 => (buffer === 0 ? 1 : 0);
