import type { DropoutLayer } from '../../../model/network.ts';
import { dropoutThreshold, Purpose } from '../../../random.ts';
import type { Arena } from '../operation/arena.ts';
import { addressOf, type Operation, singleInput, type Tensor } from '../operation/operation.ts';
import type { LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

export const dropoutRow: LayerRow<DropoutLayer> = {
  takes: asImages,
  gradientInPlace: true,
  compile({ layer, buffers }, { sizes, arena }) {
    const { input, output, dOutput: gradient } = singleInput(buffers);
    return [dropout(layer, isImage(layer), sizes.maxExamples, arena, { input, output, gradient })];
  },
};

/** Copies values, for an in-place layer whose input somebody still needs. */
export function copy(perExample: boolean, input: Tensor, output: Tensor): Operation {
  return {
    perExample,
    forward({ bytes }, first, count) {
      const start = addressOf(input, first);
      bytes.copyWithin(addressOf(output, first), start, start + count * input.size * 4);
    },
    backward() {},
  };
}

/** Multiplies values, and on the way back gradients, by factors of 0 or 1 / (1 - rate), drawn by coordinates. */
function dropout(
  layer: DropoutLayer,
  perExample: boolean,
  maxExamples: number,
  arena: Arena,
  { input, output, gradient }: { input: Tensor; output: Tensor; gradient: Tensor },
): Operation {
  const { size } = input;
  // Philox gives four words at a time, so an example's factors end on a multiple of four.
  const factors: Tensor = {
    address: arena.floats(maxExamples * Math.ceil(size / 4) * 4),
    size,
    transient: false,
  };
  const scale = Math.fround(1 / (1 - layer.rate));
  const threshold = dropoutThreshold(layer.rate);
  return {
    perExample,
    forward(pass, first, count) {
      if (!pass.training) {
        const start = addressOf(input, first);
        pass.bytes.copyWithin(addressOf(output, first), start, start + count * size * 4);
        return;
      }
      for (let example = first; example < first + count; example++)
        pass.kernels.dropoutFactors(
          addressOf(factors, example),
          size,
          pass.position + example,
          pass.step,
          (Purpose.dropout << 24) | layer.index,
          pass.key[0],
          pass.key[1],
          threshold,
          scale,
        );
      pass.kernels.multiply(
        addressOf(input, first),
        addressOf(factors, first),
        addressOf(output, first),
        count * size,
      );
    },
    backward({ kernels }, first, count) {
      const dValues = addressOf(gradient, first);
      kernels.multiply(dValues, addressOf(factors, first), dValues, count * size);
    },
  };
}
