/** What is read of sequences: words as vectors, and which times count. */
import { type Shape, sizeOf } from '../../../shape.ts';
import {
  flag,
  initializer,
  invalidField,
  type LayerConfig,
  misfit,
  positiveInteger,
} from '../config/layer-config.ts';
import { marksOf } from './layer-weights.ts';
import type { AddParameter, ReadLayer } from './reader.ts';

/** float32 holds every whole number up to here: words cross to the engines as that. */
const mostWords = 2 ** 24;

/** tfjs's defaults. */
export function readEmbedding(layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer {
  flag(layer, 'mask_zero', false);
  checkLength(layer, input);
  const vocabulary = positiveInteger(layer, 'input_dim');
  if (vocabulary > mostWords)
    throw invalidField(layer, 'input_dim', `a whole number up to ${mostWords}`, vocabulary);
  const size = positiveInteger(layer, 'output_dim');
  const values = initializer(layer, 'embeddings_initializer', 'random_uniform');
  const marks = marksOf(layer, 'embeddings', [vocabulary, size]);
  const embeddings = addParameter('embeddings', [vocabulary, size], values, marks);
  const output = [...input, size];
  const { name, index } = layer;
  const common = { kind: 'embedding', name, index, input, output, words: sizeOf(input) } as const;
  return { layers: [{ ...common, vocabulary, size, embeddings }], output };
}

/** `input_length` says again what the shape says. */
function checkLength(layer: LayerConfig, input: Shape): void {
  const given = layer.fields.input_length ?? null;
  if (given === null) return;
  const lengths = Array.isArray(given) ? given : [given];
  const fits =
    lengths.length === input.length && lengths.every((length, i) => (length ?? input[i]) === input[i]);
  if (!fits) throw invalidField(layer, 'input_length', `its input's shape [${input.join(', ')}]`, given);
}

export function readMasking(layer: LayerConfig, input: Shape): ReadLayer {
  if (input.length !== 2) throw misfit(layer, 'sequences, [times, features]', input);
  const value = layer.fields.mask_value ?? 0;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalidField(layer, 'mask_value', 'a finite number', value);
  const [times, size] = input;
  const { name, index } = layer;
  const masking = { kind: 'masking', name, index, input, output: input, times, size, value } as const;
  return { layers: [masking], output: input };
}
