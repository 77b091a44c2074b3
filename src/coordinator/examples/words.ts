import type { Dataset } from '../../data/dataset.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import type { Network } from '../../model/network.ts';

/** Bytes are the words themselves where only embeddings read them, and not shares of 255. */
export function inputsFor(
  { inputType, inputs }: Pick<Dataset, 'inputType' | 'inputs'>,
  { layers }: Pick<Network, 'layers'>,
): Pick<ExampleSet, 'inputType' | 'inputs'> {
  const readers = layers.filter(({ reads }) => reads.includes(0));
  const areWords =
    readers.some(({ kind }) => kind === 'embedding') &&
    readers.every(({ kind }) => kind === 'embedding' || kind === 'mask');
  if (inputType !== 'uint8' || !areWords) return { inputType, inputs };
  const words = new Float32Array(new SharedArrayBuffer(4 * inputs.length));
  words.set(inputs);
  return { inputType: 'float32', inputs: words };
}
