import type { MaskingLayer } from '../../../model/sequence-layers.ts';
import { addressOf, singleInput } from '../operation/operation.ts';
import type { LayerRow } from '../operation/row.ts';

const allAtOnce = () => ({ forward: 'all at once', backward: 'all at once' }) as const;

export const maskRow: LayerRow<MaskingLayer<'mask'>> = {
  takes: allAtOnce,
  stopsGradient: true,
  compile({ layer: { times, size, value }, buffers }) {
    const { input, output } = singleInput(buffers);
    return [
      {
        perExample: false,
        forward({ kernels }, first, count) {
          kernels.timeMask(addressOf(input, first), count * times, size, value, addressOf(output, first));
        },
        backward() {},
      },
    ];
  },
};

export const maskingRow: LayerRow<MaskingLayer<'masking'>> = {
  takes: allAtOnce,
  keeps: () => 'input',
  compile({ layer: { times, size, value }, buffers }) {
    const { input, output, dOutput, dInput } = singleInput(buffers);
    return [
      {
        perExample: false,
        forward({ kernels }, first, count) {
          const from = addressOf(input, first);
          kernels.maskTimes(from, from, count * times, size, value, addressOf(output, first));
        },
        backward({ kernels }, first, count) {
          if (dInput === undefined) return;
          const [from, d] = [addressOf(input, first), addressOf(dOutput, first)];
          kernels.maskTimes(from, d, count * times, size, value, addressOf(dInput, first));
        },
      },
    ];
  },
};
