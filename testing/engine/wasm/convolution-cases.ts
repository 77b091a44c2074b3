/** Convolutions beside the reference's float64, and images in which windows are alike. */
import { conv2dBackward, conv2dForward } from '../../../src/engine/reference/layers/conv2d.ts';
import type { Conv2dLayer } from '../../../src/model/network.ts';
import { type ImageShape, type Pair, sizeOf } from '../../../src/shape.ts';
import { conv2d, network } from '../network-builder.ts';
import { parametersFor, relativeError, uniform } from '../values.ts';
import { runConvolution, type Way } from './run-convolution.ts';

export interface ConvolutionShape {
  readonly image: Pair;
  readonly kernel: Pair;
  readonly padding: 'same' | 'valid';
  readonly channels: number;
  readonly filters: number;
  /** Default: 1. */
  readonly strides?: Pair;
  /** Default: there is one. */
  readonly bias?: boolean;
}

export function convolutionOf({ image, kernel, channels, filters, ...options }: ConvolutionShape) {
  const net = network([...image, channels], conv2d(filters, kernel, options));
  return { net, layer: net.layers[0] as Conv2dLayer };
}

export interface ConvolutionCase {
  readonly way: Way;
  /** Examples of each shard. */
  readonly counts: readonly number[];
  /** How much of the output's gradient is not zero. Default: all. */
  readonly density?: number;
}

export interface Errors {
  /** Norm of the differences over the norm. */
  readonly norm: number;
  /** Largest difference over the largest value. */
  readonly largest: number;
}

/** The largest errors of all outputs, of all inputs' gradients and of all shards' gradients. */
export function errorsOf(module: WebAssembly.Module, shape: ConvolutionShape, options: ConvolutionCase) {
  const { actual, layer, natural, inputs, dOutputs } = run(module, shape, options);
  const { counts } = options;
  const [inputSize, outputSize] = [sizeOf(layer.input), sizeOf(layer.output)];
  const parameters = new Float64Array(natural);
  const errors = { output: [] as Errors[], dInput: [] as Errors[], gradient: [] as Errors[] };
  let first = 0;
  for (const [shard, count] of counts.entries()) {
    const gradient = new Float64Array(natural.length);
    for (let example = first; example < first + count; example++) {
      const input = new Float64Array(inputs.subarray(example * inputSize, (example + 1) * inputSize));
      const dOutput = new Float64Array(dOutputs.subarray(example * outputSize, (example + 1) * outputSize));
      const output = conv2dForward(layer, parameters, input);
      const dInput = conv2dBackward(layer, parameters, input, dOutput, gradient);
      errors.output.push(compared(actual.output(example), output));
      errors.dInput.push(compared(actual.dInput(example), dInput));
    }
    errors.gradient.push(compared(actual.gradients[shard], gradient));
    first += count;
  }
  const whole = new Float64Array(layer.kernel.size);
  for (const gradient of actual.gradients)
    for (const place of whole.keys()) whole[place] += gradient[layer.kernel.offset + place];
  const { together } = actual;
  return {
    strayWrites: actual.strayWrites,
    ...(together === undefined ? {} : { together: compared(together.subarray(layer.kernel.offset), whole) }),
    output: worst(errors.output),
    dInput: worst(errors.dInput),
    gradient: worst(errors.gradient),
  };
}

/** All that goes back: inputs' gradients of the examples, then the shards' of the parameters; -0 as 0. */
export function gradientsOf(module: WebAssembly.Module, shape: ConvolutionShape, options: ConvolutionCase) {
  const { actual, inputs, layer } = run(module, shape, options);
  const examples = Array.from({ length: inputs.length / sizeOf(layer.input) }, (_, example) => example);
  const values = [...examples.map(actual.dInput), ...actual.gradients].flatMap((some) => [...some]);
  return { strayWrites: actual.strayWrites, values: values.map((value) => value + 0) };
}

/** On seeded values. */
function run(
  module: WebAssembly.Module,
  shape: ConvolutionShape,
  { way, counts, density = 1 }: ConvolutionCase,
) {
  const { net, layer } = convolutionOf(shape);
  const examples = counts.reduce((sum, count) => sum + count, 0);
  const [inputSize, outputSize] = [sizeOf(layer.input), sizeOf(layer.output)];
  const natural = parametersFor(net);
  const inputs = uniform(1, examples * inputSize, -1, 1);
  const chance = uniform(3, examples * outputSize, 0, 1);
  const dOutputs = uniform(2, examples * outputSize, -1, 1).map((value, i) =>
    chance[i] < density ? value : Math.sign(value) * 0,
  );
  const actual = runConvolution(module, layer, { natural, inputs, dOutputs, counts, way });
  return { actual, layer, natural, inputs, dOutputs };
}

function compared(actual: ArrayLike<number>, expected: ArrayLike<number>): Errors {
  let [difference, value] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    value = Math.max(value, Math.abs(expected[i]));
  }
  return { norm: relativeError(actual, expected), largest: difference === 0 ? 0 : difference / value };
}

/** NaN is the worst. */
const worst = (errors: readonly Errors[]): Errors => ({
  norm: Math.max(...errors.map(({ norm }) => norm)),
  largest: Math.max(...errors.map(({ largest }) => largest)),
});

export type Alike = 'zero' | 'likeLeft' | 'likeUpper';

/** An output, and what it has to be to the last bit. */
export interface AlikePixel {
  readonly kind: Alike;
  readonly at: Pair;
  readonly pixel: Float32Array;
  readonly expected: Float32Array;
}

/** The outputs of windows that are all zero or equal to a neighbour, on an image of patches; and the error of all. */
export function alikePixels(module: WebAssembly.Module, shape: ConvolutionShape, way: Way) {
  const { net, layer } = convolutionOf(shape);
  const inputs = patches(shape);
  const natural = parametersFor(net);
  const dOutputs = new Float32Array(sizeOf(layer.output));
  const { output } = runConvolution(module, layer, { natural, inputs, dOutputs, counts: [1], way });
  const reference = conv2dForward(layer, new Float64Array(natural), new Float64Array(inputs));
  const [pixels, windows] = [pixelsOf(layer.output, output(0)), windowsOf(layer, inputs)];
  const bias = layer.bias
    ? natural.slice(layer.bias.offset, layer.bias.offset + shape.filters)
    : new Float32Array(shape.filters);
  const alike: AlikePixel[] = pixels.flatMap((row, y) =>
    row.flatMap((pixel, x) => {
      const same = (kind: Alike, expected: Float32Array) => ({ kind, at: [y, x] as const, pixel, expected });
      return [
        ...(/^[0,]*$/.test(windows[y][x]) ? [same('zero', bias)] : []),
        ...(x > 0 && windows[y][x] === windows[y][x - 1] ? [same('likeLeft', row[x - 1])] : []),
        ...(y > 0 && windows[y][x] === windows[y - 1][x] ? [same('likeUpper', pixels[y - 1][x])] : []),
      ];
    }),
  );
  return { alike, error: relativeError(output(0), reference) };
}

/** An image of four patches: zero, one value a channel, and lines across and down, whose values differ. */
function patches({ image: [height, width], channels }: ConvolutionShape): Float32Array {
  const [values, image] = [uniform(3, 64 * channels, -1, 1), new Float32Array(height * width * channels)];
  const [middle, center] = [Math.floor(height / 2), Math.floor(width / 2)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [isBelow, isRight] = [y >= middle, x >= center];
      if (!isBelow && !isRight) continue;
      const line = isBelow && isRight ? 0 : isBelow ? 1 + x : 1 + y;
      const pixel = values.subarray(line * channels, (line + 1) * channels);
      image.set(pixel, (y * width + x) * channels);
    }
  return image;
}

const pixelsOf = ([height, width, channels]: ImageShape, image: Float32Array): Float32Array[][] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      image.slice((y * width + x) * channels, (y * width + x + 1) * channels),
    ),
  );

/** The values of each output's window, the padding as zeros. */
function windowsOf(
  { input, output, kernelSize, strides, padding }: Conv2dLayer,
  image: Float32Array,
): string[][] {
  const pixels = pixelsOf(input, image);
  const zero = new Float32Array(input[2]);
  const windowOf = (y: number, x: number) =>
    Array.from({ length: kernelSize[0] }, (_, i) =>
      Array.from(
        { length: kernelSize[1] },
        (_, j) => pixels[y * strides[0] + i - padding.top]?.[x * strides[1] + j - padding.left] ?? zero,
      ).join(),
    ).join();
  return Array.from({ length: output[0] }, (_, y) =>
    Array.from({ length: output[1] }, (_, x) => windowOf(y, x)),
  );
}
