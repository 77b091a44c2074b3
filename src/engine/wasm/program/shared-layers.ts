/**
 * Layers that are called several times, with the same parameters: the last call's gradient goes where a layer's does,
 * those of the others, which come later on the way back, into scratch memory, and are added to it.
 */
import { type Layer, parametersOf } from '../../../model/network.ts';
import type { Operation, Pass, WeightGradient } from '../operation/operation.ts';
import type { Packing } from '../operation/packing.ts';
import type { Compiler, Graph, GraphNode } from '../operation/row.ts';

/** Neighbouring elements of the packed parameters. */
interface Range {
  readonly first: number;
  readonly floats: number;
}

/** Calls of the layers that train: those with the same parameters are calls of one layer. */
export function sharedLayers({ nodes }: Graph) {
  const calls = Map.groupBy(nodes, keyOf);
  const callsOf = (node: GraphNode): readonly GraphNode[] =>
    keyOf(node) === undefined ? [node] : (calls.get(keyOf(node)) ?? [node]);
  return {
    /** Whether its layer is called again. */
    isEarlier: (node: GraphNode): boolean => callsOf(node).at(-1) !== node,

    /** The gradients that the update phase computes, of each layer once. */
    together(
      gradients: ReadonlyMap<GraphNode, readonly WeightGradient[]>,
      sum: (ofCalls: readonly WeightGradient[], layer: Layer) => WeightGradient,
    ): WeightGradient[] {
      return nodes
        .filter((node) => callsOf(node).at(-1) === node)
        .flatMap((node) =>
          (gradients.get(node) ?? []).map((own, place) => {
            const others = callsOf(node)
              .slice(0, -1)
              .flatMap((call) => gradients.get(call)?.[place] ?? []);
            return others.length === 0 ? own : sum([own, ...others.toReversed()], node.layer);
          }),
        );
    },
  };
}

const keyOf = ({ layer }: GraphNode): string | undefined =>
  parametersOf(layer).find(({ untrained }) => untrained === undefined)?.name;

/** The operations of an earlier call: its gradients are added to those that are in the slots. */
export function addingToSlots(
  operations: readonly Operation[],
  layer: Layer,
  packing: Packing,
  { arena, sizes: { shards } }: Pick<Compiler, 'arena' | 'sizes'>,
): Operation[] {
  const ranges = rangesOf(layer, packing).filter(({ first }) => first < packing.slotFloats);
  if (ranges.length === 0) return [...operations];
  const { start, floats } = spanOf(ranges);
  const scratch = Array.from({ length: shards }, () => arena.floats(floats) - start * 4);
  let kept: { readonly from: Pass['shards']; readonly to: Pass } | undefined;
  /** A call's shards stay the same, and what else a pass says stays with them. */
  const redirected = (pass: Pass): Pass => {
    if (kept?.from !== pass.shards)
      kept = {
        from: pass.shards,
        to: {
          ...pass,
          shards: pass.shards.map((shard) => ({ ...shard, gradient: scratch[shard.index] })),
        },
      };
    return kept.to;
  };
  const adding: Operation = {
    perExample: operations.every(({ perExample }) => perExample),
    forward() {},
    backward({ kernels, shards: all }, first, count) {
      for (const shard of all) {
        const last = shard.first + shard.count - 1;
        if (last < first || last >= first + count) continue;
        for (const { first: place, floats: size } of ranges)
          kernels.addRows(scratch[shard.index] + place * 4, shard.gradient + place * 4, 1, size);
      }
    },
  };
  // On the way back, what stands first comes last.
  return [
    adding,
    ...operations.map((operation) => ({
      ...operation,
      backward: (pass: Pass, first: number, count: number) =>
        operation.backward(redirected(pass), first, count),
    })),
  ];
}

/** Gradients that the update phase computes, of all calls of a layer, as one: their sum. */
export function summedGradient(
  [direct, ...others]: readonly WeightGradient[],
  layer: Layer,
  packing: Packing,
  { arena }: Pick<Compiler, 'arena'>,
): WeightGradient {
  const { start, floats } = spanOf(
    rangesOf(layer, packing).filter(({ first }) => first >= packing.slotFloats),
  );
  const scratch = arena.floats(floats);
  const addressOf = (first: number) => scratch + (first - start) * 4;
  return {
    layer: direct.layer,
    // Of each call the tree, then over the calls.
    groupShards: Number.POSITIVE_INFINITY,
    sum(pass, request, apply) {
      for (const [place, gradient] of others.entries())
        gradient.sum(pass, request, ({ first, floats: size, sum }) => {
          if (place > 0) pass.kernels.addRows(sum, addressOf(first), 1, size);
          else pass.bytes.copyWithin(addressOf(first), sum, sum + size * 4);
        });
      direct.sum(pass, request, (block) => {
        pass.kernels.addRows(addressOf(block.first), block.sum, 1, block.floats);
        apply(block);
      });
    },
  };
}

/** Where the parameters of a layer lie that train. */
function rangesOf(layer: Layer, { parameters, wideKernels }: Packing): Range[] {
  const names = new Set(
    parametersOf(layer).flatMap(({ name, untrained }) => (untrained === undefined ? [name] : [])),
  );
  const wide = (size: number) => Math.ceil(size / 16) * 16;
  return [
    ...parameters.map(({ parameter, offset, rows, columns }) => ({
      ...{ name: parameter.name, first: offset / 4, floats: rows * wide(columns) },
    })),
    ...wideKernels.map(({ parameter, offset, inputs, units }) => ({
      ...{ name: parameter.name, first: offset / 4, floats: wide(inputs) * wide(units) },
    })),
  ].filter(({ name }) => names.has(name));
}

function spanOf(ranges: readonly Range[]): { readonly start: number; readonly floats: number } {
  const start = Math.min(...ranges.map(({ first }) => first));
  return { start, floats: Math.max(...ranges.map(({ first, floats }) => first + floats)) - start };
}
