import type { UpSampling2dLayer } from '../../../model/network.ts';
import { type RearrangingLayer, sourcesOf } from '../../../model/rearranging-layers.ts';
import { sizeOf } from '../../../shape.ts';

/** Each value of the output is one of the input's, or 0. */
export function rearrangeForward(layer: RearrangingLayer, inputs: readonly Float64Array[]): Float64Array[] {
  const sources = sourcesOf(layer);
  return inputs.map((input) => Float64Array.from(sources, (source) => (source < 0 ? 0 : input[source])));
}

/** A value of the input has the sum of the gradients of all values that it gives. */
export function rearrangeBackward(
  layer: RearrangingLayer,
  dOutputs: readonly Float64Array[],
): Float64Array[] {
  const sources = sourcesOf(layer);
  return dOutputs.map((dOutput) => {
    const dInput = new Float64Array(sizeOf(layer.input));
    for (const [element, source] of sources.entries()) if (source >= 0) dInput[source] += dOutput[element];
    return dInput;
  });
}

type Bilinear = UpSampling2dLayer<'bilinearUpSampling2d'>;

/** @param input [height, width, channels] */
export function bilinearForward(layer: Bilinear, input: Float64Array): Float64Array {
  const output = new Float64Array(sizeOf(layer.output));
  forEachShare(layer, (inputAt, outputAt, share) => {
    output[outputAt] += share * input[inputAt];
  });
  return output;
}

/** @returns dInput [height, width, channels] */
export function bilinearBackward(layer: Bilinear, dOutput: Float64Array): Float64Array {
  const dInput = new Float64Array(sizeOf(layer.input));
  forEachShare(layer, (inputAt, outputAt, share) => {
    dInput[inputAt] += share * dOutput[outputAt];
  });
  return dInput;
}

/** Each value of the output has shares of four of the input. */
function forEachShare(
  { input: [height, width, channels], output, factors }: Bilinear,
  visit: (inputAt: number, outputAt: number, share: number) => void,
): void {
  for (let y = 0; y < output[0]; y++)
    for (let x = 0; x < output[1]; x++)
      for (const [row, rowShare] of neighbours(y, factors[0], height))
        for (const [column, columnShare] of neighbours(x, factors[1], width))
          for (let c = 0; c < channels; c++)
            visit(
              (row * width + column) * channels + c,
              (y * output[1] + x) * channels + c,
              rowShare * columnShare,
            );
}

function neighbours(at: number, factor: number, size: number): readonly [place: number, share: number][] {
  const first = Math.floor(at / factor);
  const fraction = at / factor - first;
  return [
    [first, 1 - fraction],
    [Math.min(first + 1, size - 1), fraction],
  ];
}
