import type { ExampleSet } from '../../data/example-set.ts';
import { inputError } from '../../errors.ts';
import { type End, inputEnds } from '../../model/ends.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { Network } from '../../model/network.ts';
import type { EmbeddingLayer } from '../../model/sequence-layers.ts';

/**
 * @param what the set is, for messages
 * @throws GradpoolError for inputs that an embedding has no row for
 */
export function checkWords(network: Network, data: ExampleSet, what: string): void {
  const inputs = inputEnds(network);
  for (const layer of network.layers)
    if (layer.kind === 'embedding') checkInputs(layer, inputs[layer.reads[0]], data, what);
}

/** @param end the input that it reads */
function checkInputs(
  { name, vocabulary }: EmbeddingLayer,
  { offset, size }: End,
  data: ExampleSet,
  what: string,
): void {
  const { inputs, inputType, count } = data;
  const expected = `Expected the inputs of layer ${show(name)} (embedding) to be whole numbers from 0 to ${vocabulary - 1}`;
  if (inputType === 'uint8')
    throw inputError(
      `${expected}, got uint8 values, which stand for value / 255, in ${what}; give them as Int32Array or Float32Array`,
    );
  // As TensorFlow.js, which cuts off fractions.
  const width = inputs.length / count;
  for (let example = 0; example < count; example++)
    for (let place = example * width + offset; place < example * width + offset + size; place++)
      if (!(inputs[place] > -1 && inputs[place] < vocabulary))
        throw inputError(`${expected}, got ${inputs[place]} in example ${example} of ${what}`);
}
