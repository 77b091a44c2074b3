import type { ModelSpec } from '../../model/model-spec.ts';
import { metadataEntry, type UserMetadata } from '../user-metadata.ts';
import { encodeSafetensors, type Tensor } from './safetensors.ts';

/**
 * A model's weights by their names, e.g. `conv2d_1/kernel`, and its Keras-style configuration as `config` in the metadata,
 * by which `readSafetensors` makes the model again.
 */
export function encodeModelSafetensors(
  { topology, network, parameters }: ModelSpec,
  own?: UserMetadata,
): Uint8Array {
  const tensors = network.parameters.map(({ name, shape, offset, size }): [string, Tensor] => {
    // A copy: the parameters may stand in shared memory, which a file cannot be written from.
    const { buffer } = parameters.slice(offset, offset + size);
    return [name, { dtype: 'F32', shape, bytes: new Uint8Array(buffer) }];
  });
  const metadata = {
    ...{ format: 'keras', generatedBy: 'gradpool', config: JSON.stringify(topology) },
    ...metadataEntry(own),
  };
  return encodeSafetensors({ metadata, tensors: new Map(tensors) });
}
