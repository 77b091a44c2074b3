/** Layers of images for networks that are built by hand; see network-builder.ts. */
import type { Padding2dLayer, UpSampling2dLayer } from '../../src/model/network.ts';
import type { ImageShape, Pair } from '../../src/shape.ts';
import {
  imageShape,
  placeWindows,
  type SingleBuilder,
  type WeightOptions,
  type WindowOptions,
} from './network-builder.ts';

export const conv2dTranspose =
  (
    filters: number,
    kernelSize: Pair,
    { strides = [1, 1], padding = 'same', bias = true, frozen = false }: WindowOptions & WeightOptions = {},
  ): SingleBuilder =>
  (shape, base, parameter) => {
    const input = imageShape(shape);
    const [height, width] = strides.map(
      (stride, axis) =>
        input[axis] * stride + (padding === 'same' ? 0 : Math.max(kernelSize[axis] - stride, 0)),
    );
    const output: ImageShape = [height, width, filters];
    const untrained = frozen ? 'frozen' : undefined;
    const kernel = parameter('kernel', [...kernelSize, filters, input[2]], untrained);
    const weights = bias ? { kernel, bias: parameter('bias', [filters], untrained) } : { kernel };
    const windows = {
      kernelSize,
      strides,
      padding: placeWindows(output, kernelSize, strides, padding).padding,
    };
    return { output, layer: { ...base, kind: 'conv2dTranspose', input, output, ...windows, ...weights } };
  };

export const depthwiseConv2d =
  (
    kernelSize: Pair,
    {
      strides = [1, 1],
      padding = 'same',
      bias = true,
      frozen = false,
      dilation = [1, 1],
      multiplier = 1,
    }: WindowOptions & WeightOptions & { readonly multiplier?: number } = {},
  ): SingleBuilder =>
  (shape, base, parameter) => {
    const input = imageShape(shape);
    const placed = placeWindows(input, kernelSize, strides, padding, dilation);
    const filters = input[2] * multiplier;
    const output: ImageShape = [...placed.size, filters];
    const untrained = frozen ? 'frozen' : undefined;
    const kernel = parameter('depthwise_kernel', [...kernelSize, input[2], multiplier], untrained);
    const weights = bias ? { kernel, bias: parameter('bias', [filters], untrained) } : { kernel };
    const windows = { kernelSize, strides, padding: placed.padding };
    const dilated = dilation.some((rate) => rate !== 1) ? { ...windows, dilation } : windows;
    return {
      output,
      layer: { ...base, kind: 'depthwiseConv2d', input, output, multiplier, ...dilated, ...weights },
    };
  };

const padding2d =
  (kind: Padding2dLayer['kind'], sign: 1 | -1) =>
  (top: number, bottom: number, left: number, right: number): SingleBuilder =>
  (shape, base) => {
    const input = imageShape(shape);
    const [height, width, channels] = input;
    const output: ImageShape = [height + sign * (top + bottom), width + sign * (left + right), channels];
    return { output, layer: { ...base, kind, input, output, padding: { top, bottom, left, right } } };
  };

export const zeroPadding2d = padding2d('zeroPadding2d', 1);
export const cropping2d = padding2d('cropping2d', -1);

const upSampling2d =
  (kind: UpSampling2dLayer['kind']) =>
  (factors: Pair): SingleBuilder =>
  (shape, base) => {
    const input = imageShape(shape);
    const output: ImageShape = [input[0] * factors[0], input[1] * factors[1], input[2]];
    return { output, layer: { ...base, kind, input, output, factors } };
  };

export const nearestUpSampling2d = upSampling2d('nearestUpSampling2d');
export const bilinearUpSampling2d = upSampling2d('bilinearUpSampling2d');

/** @param dims from 0 */
export const permute =
  (...dims: number[]): SingleBuilder =>
  (input, base) => {
    const output = dims.map((axis) => input[axis]);
    return { output, layer: { ...base, kind: 'permute', output, dims } };
  };

export const repeatVector =
  (times: number): SingleBuilder =>
  (input, base) => {
    const output = [times, ...input];
    return { output, layer: { ...base, kind: 'repeatVector', output, times } };
  };
