import { panelBytes, panelWidth, roundUp } from '../../../kernels/panels.ts';
import type { EmbeddingLayer } from '../../../model/sequence-layers.ts';
import {
  addressOf,
  type Operation,
  type Pass,
  singleInput,
  type WeightGradient,
} from '../operation/operation.ts';
import type { PackedParameter } from '../operation/packing.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';

/** Slots of its gradient would be as many tables as shards, and a batch has words of few rows. */
export const embeddingRow: LayerRow<EmbeddingLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: () => 'input',
  deferredRows: ({ embeddings }) => [embeddings],
  compile(node, compiler) {
    const table = compiler.packed(node.layer.embeddings);
    const isFrozen = node.layer.embeddings.untrained !== undefined;
    const batch = isFrozen ? undefined : embeddingBatch(node.layer, compiler);
    if (batch !== undefined)
      compiler.addWeightGradient(embeddingGradient(node.layer, table, batch, compiler));
    return [embedding(node, table, batch)];
  },
};

/** What the layer leaves in the memory of the batch for the gradient of its table. */
interface EmbeddingBatch {
  /** Of all examples of a batch. */
  readonly count: number;
  /** [count] */
  readonly words: number;
  /** [size / 16, count, 16] */
  readonly dOutputs: number;
}

const embeddingBatch = (
  { words, size }: EmbeddingLayer,
  { sizes: { batchSize }, batch }: Compiler,
): EmbeddingBatch => {
  const count = batchSize * words;
  return { count, words: batch.floats(count), dOutputs: batch.floats(count * roundUp(size)) };
};

function embedding(
  { layer, buffers }: CompiledNode<EmbeddingLayer>,
  table: PackedParameter,
  batch: EmbeddingBatch | undefined,
): Operation {
  const { words, vocabulary, size } = layer;
  const { input, output, dOutput } = singleInput(buffers);
  return {
    perExample: false,
    forward({ kernels, parameters }, first, count) {
      const [from, to] = [addressOf(input, first), addressOf(output, first)];
      kernels.embed(from, count * words, parameters + table.offset, vocabulary, size, to);
    },
    backward({ kernels, bytes, shards }: Pass) {
      if (batch === undefined) return;
      for (const { first, batchFirst, count } of shards) {
        const [from, some, place] = [addressOf(input, first), count * words, batchFirst * words];
        bytes.copyWithin(batch.words + place * 4, from, from + some * 4);
        const [d, to] = [addressOf(dOutput, first), batch.dOutputs + place * panelBytes];
        kernels.packPanels(d, to, some, size, batch.count * panelBytes);
      }
    },
  };
}

/** Rows of a block, whose gradients of all shards stay in the first-level cache. */
const blockRows = 32;

/** The gradient of the table, in the update phase: block by block, of the words that stand for rows of the block. */
function embeddingGradient(
  { name, vocabulary, size, words }: EmbeddingLayer,
  table: PackedParameter,
  batch: EmbeddingBatch,
  { sizes: { shards }, arena }: Compiler,
): WeightGradient {
  const panels = roundUp(size) / panelWidth;
  const blocks = Math.ceil(vocabulary / blockRows);
  const ranges = arena.floats(2 * shards);
  const starts = arena.floats(blocks + 1);
  const entries = arena.floats(2 * batch.count);
  const blockFloats = blockRows * panelWidth;
  const slots = arena.floats(shards * blockFloats);
  const sum = arena.floats(Math.ceil(shards / 2) * blockFloats);
  return {
    layer: name,
    sum({ kernels, ints }, request, apply) {
      for (const { index, first, count } of request.shards)
        ints.set([first * words, count * words], ranges / 4 + 2 * index);
      kernels.sortWords(batch.words, ranges, shards, vocabulary, blockRows, starts, entries);
      const border = (part: number) => Math.floor((panels * blocks * part) / request.parts);
      for (let place = border(request.part); place < border(request.part + 1); place++) {
        const [panel, block] = [Math.floor(place / blocks), place % blocks];
        const firstRow = block * blockRows;
        const floats = Math.min(blockRows, vocabulary - firstRow) * panelWidth;
        const [start, end] = [ints[starts / 4 + block], ints[starts / 4 + block + 1]];
        if (start === end) kernels.clear(sum, floats * 4);
        else {
          kernels.clear(slots, shards * floats * 4);
          const d = batch.dOutputs + panel * batch.count * panelBytes;
          const from = entries + start * 8;
          kernels.addWordGradients(from, end - start, batch.words, firstRow, d, slots, floats * 4);
          kernels.treeSum(slots, floats * 4, shards, floats, sum);
        }
        apply({ first: table.offset / 4 + (panel * vocabulary + firstRow) * panelWidth, floats, sum });
      }
    },
  };
}
