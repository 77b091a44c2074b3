/** Tensors side by side, and sums of gradients. */
import type { ConcatenateLayer } from '../../../model/network.ts';
import { addressOf, type NodeBuffers, type Operation, type Tensor } from '../operation/operation.ts';
import type { LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

export const concatenateRow: LayerRow<ConcatenateLayer> = {
  takes: asImages,
  compile: ({ layer, buffers }) => [concatenate(layer, isImage(layer), buffers)],
};

/** On the way back: what one more reader of a tensor has written is added to the gradient of the tensor. */
export const addGradient = (perExample: boolean, written: Tensor, sum: Tensor): Operation => ({
  perExample,
  forward() {},
  backward({ kernels }, first, count) {
    kernels.addRows(addressOf(written, first), addressOf(sum, first), 1, count * sum.size);
  },
});

function concatenate(
  layer: ConcatenateLayer,
  perExample: boolean,
  { inputs, output, dOutput, dInputs }: NodeBuffers,
): Operation {
  const width = (output.size / layer.rows) * 4;
  const parts = layer.parts.map((part, place) => ({
    bytes: part * 4,
    start: layer.parts.slice(0, place).reduce((sum, before) => sum + before, 0) * 4,
    input: inputs[place],
    dInput: dInputs[place],
  }));
  return {
    perExample,
    forward({ kernels }, first, count) {
      const to = addressOf(output, first);
      for (const { bytes, start, input } of parts)
        kernels.copyRows(addressOf(input, first), bytes, to + start, width, bytes, count * layer.rows);
    },
    backward({ kernels }, first, count) {
      const from = addressOf(dOutput, first);
      for (const { bytes, start, dInput } of parts)
        if (dInput !== undefined)
          kernels.copyRows(from + start, width, addressOf(dInput, first), bytes, bytes, count * layer.rows);
    },
  };
}
