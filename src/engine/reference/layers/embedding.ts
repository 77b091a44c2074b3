import type { EmbeddingLayer } from '../../../model/sequence-layers.ts';

/** output[t] = embeddings[word t] */
export function embeddingForward(
  { vocabulary, size, embeddings }: EmbeddingLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array {
  const output = new Float64Array(input.length * size).fill(Number.NaN);
  for (const [t, value] of input.entries()) {
    const row = Math.trunc(value);
    if (!(row >= 0 && row < vocabulary)) continue;
    const start = embeddings.offset + row * size;
    output.set(parameters.subarray(start, start + size), t * size);
  }
  return output;
}

/** Adds each output's gradient to the row that it was taken of; the words have none. */
export function embeddingBackward(
  { vocabulary, size, embeddings }: EmbeddingLayer,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  for (const [t, value] of input.entries()) {
    const row = Math.trunc(value);
    if (!(row >= 0 && row < vocabulary)) continue;
    for (let i = 0; i < size; i++) dParameters[embeddings.offset + row * size + i] += dOutput[t * size + i];
  }
  return new Float64Array(input.length);
}
