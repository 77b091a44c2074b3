import { inputError } from '../../../errors.ts';
import type { ImageShape, Pair } from '../../../shape.ts';
import type { Padding } from '../../network.ts';
import { checkSize, describe, invalidField, type LayerConfig } from '../config/layer-config.ts';

/** How a convolution's or pooling's window moves over an image. */
export interface Window {
  /** [height, width] of the output. */
  readonly output: Pair;
  readonly padding: Padding;
}

/**
 * Output size and padding as TensorFlow computes them.
 * valid: no padding, output = ceil((input - size + 1) / stride).
 * same: output = ceil(input / stride), with as much padding as that needs; an odd row or column of it lies at the
 * bottom or right. Source: tf.nn's notes on padding.
 * @throws GradpoolError for another padding or a window larger than the image
 */
export function windowOf(layer: LayerConfig, input: ImageShape, size: Pair, strides: Pair): Window {
  const mode = layer.fields.padding ?? 'valid';
  if (mode !== 'valid' && mode !== 'same') throw invalidField(layer, 'padding', "'same' or 'valid'", mode);
  if (mode === 'valid' && (size[0] > input[0] || size[1] > input[1]))
    throw inputError(
      `The ${size.join('x')} window of layer ${describe(layer)} does not fit its input of ${input[0]}x${input[1]}; take a larger image or padding 'same'`,
    );
  const [vertical, horizontal] = [0, 1].map((axis) =>
    mode === 'same'
      ? same(input[axis], size[axis], strides[axis])
      : valid(input[axis], size[axis], strides[axis]),
  );
  const height = vertical.before + input[0] + vertical.after;
  checkSize(layer, [height, horizontal.before + input[1] + horizontal.after, input[2]]);
  return {
    output: [vertical.output, horizontal.output],
    padding: {
      top: vertical.before,
      bottom: vertical.after,
      left: horizontal.before,
      right: horizontal.after,
    },
  };
}

const valid = (input: number, size: number, stride: number) => ({
  output: Math.ceil((input - size + 1) / stride),
  before: 0,
  after: 0,
});

function same(input: number, size: number, stride: number) {
  const output = Math.ceil(input / stride);
  const padding = Math.max(0, (output - 1) * stride + size - input);
  const before = Math.floor(padding / 2);
  return { output, before, after: padding - before };
}
