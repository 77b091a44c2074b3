/** Layers in which several tensors meet. */
import type { AddLayer, ConcatenateLayer } from '../../model/network.ts';
import { addressOf, type NodeBuffers, type Operation, type Tensor } from './operation.ts';
import type { LayerRow } from './row.ts';
import { asImages, isImage } from './taking.ts';

export const addRow: LayerRow<AddLayer> = {
  takes: asImages,
  compile: ({ layer, buffers }) => [add(isImage(layer), buffers)],
};

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

/** The sum, input by input in their order; each input's gradient is that of the output. */
function add(perExample: boolean, { inputs, output, dOutput, dInputs }: NodeBuffers): Operation {
  const bytesOf = (count: number) => count * output.size * 4;
  return {
    perExample,
    forward({ kernels, bytes }, first, count) {
      const [start, ...others] = inputs.map((input) => addressOf(input, first));
      const sum = addressOf(output, first);
      bytes.copyWithin(sum, start, start + bytesOf(count));
      for (const other of others) kernels.addRows(other, sum, 1, count * output.size);
    },
    backward({ bytes }, first, count) {
      const from = addressOf(dOutput, first);
      for (const dInput of dInputs)
        if (dInput !== undefined) bytes.copyWithin(addressOf(dInput, first), from, from + bytesOf(count));
    },
  };
}

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
