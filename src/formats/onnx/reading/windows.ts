/** Convolutions and pooling. */
import type { Pair, Shape } from '../../../shape.ts';
import { transposed } from '../graph.ts';
import type { Made } from './builder.ts';
import type { Constant } from './constants.ts';
import { image, layerOf, type NodeReader, type ReadNode, refused } from './node-reader.ts';

interface Windows {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  /** Before and behind, of rows and of columns. */
  readonly pads: readonly [Pair, Pair];
}

const asPair = ([first, second]: readonly number[]): Pair => [first, second];

function windowsOf(reader: NodeReader, input: Shape, kernel: readonly number[] | undefined): Windows {
  const { settings } = reader;
  const size = kernel ?? settings.ints('kernel_shape') ?? [];
  if (size.length !== 2) throw refused(reader, `its windows have ${size.length} dimensions, and 2 are taken`);
  const strides = asPair(settings.ints('strides') ?? [1, 1]);
  const dilation = asPair(settings.ints('dilations') ?? [1, 1]);
  const same = [0, 1].map((axis) =>
    samePads(input[axis], (size[axis] - 1) * dilation[axis] + 1, strides[axis]),
  );
  const [top, left, bottom, right] = settings.ints('pads') ?? [0, 0, 0, 0];
  const auto = settings.text('auto_pad', 'NOTSET');
  const pads = {
    NOTSET: [
      [top, bottom],
      [left, right],
    ],
    VALID: [
      [0, 0],
      [0, 0],
    ],
    SAME_UPPER: same,
  }[auto];
  if (pads === undefined) throw refused(reader, `its \`auto_pad\` is ${auto}`);
  return { size: asPair(size), strides, dilation, pads: pads as unknown as readonly [Pair, Pair] };
}

function samePads(input: number, window: number, stride: number): Pair {
  const all = Math.max(0, (Math.ceil(input / stride) - 1) * stride + window - input);
  return [Math.floor(all / 2), all - Math.floor(all / 2)];
}

/** What Keras calls the padding; undefined where it has no word for it. */
function paddingOf({ size, strides, dilation, pads }: Windows, input: Shape): 'valid' | 'same' | undefined {
  if (pads.flat().every((pad) => pad === 0)) return 'valid';
  const same = [0, 1].map((axis) =>
    samePads(input[axis], (size[axis] - 1) * dilation[axis] + 1, strides[axis]),
  );
  return same.flat().join() === pads.flat().join() ? 'same' : undefined;
}

/** With zeros around it where no padding of Keras' is the file's. */
function padded(reader: NodeReader, value: Made, windows: Windows): [Made, 'valid' | 'same'] {
  const padding = paddingOf(windows, value.shape);
  if (padding !== undefined) return [value, padding];
  const [rows, columns] = windows.pads;
  const shape = [
    value.shape[0] + rows[0] + rows[1],
    value.shape[1] + columns[0] + columns[1],
    value.shape[2],
  ];
  return [
    layerOf(reader, 'ZeroPadding2D', { padding: windows.pads }, [value], { shape, isFirst: true }),
    'valid',
  ];
}

function outputShape(
  input: Shape,
  { size, strides, dilation }: Windows,
  padding: 'valid' | 'same',
  channels: number,
): Shape {
  const lengths = [0, 1].map((axis) =>
    padding === 'same'
      ? Math.ceil(input[axis] / strides[axis])
      : Math.floor((input[axis] - (size[axis] - 1) * dilation[axis] - 1) / strides[axis]) + 1,
  );
  return [...lengths, channels];
}

/** A kernel in another order of its dimensions. */
function turned({ shape, values }: Constant, order: readonly number[]): Constant {
  return {
    shape: order.map((axis) => shape[axis]),
    values: transposed(Float32Array.from(values), shape, order),
  };
}

const withBias = (bias: Constant | undefined) => (bias === undefined ? {} : { bias });

export const readConv: ReadNode = (reader) => {
  const kernel = reader.constant(1);
  if (kernel?.shape.length !== 4)
    throw refused(reader, 'its kernel is none of two dimensions that stands in the file');
  const read = image(reader, reader.made(0));
  const [outputs, inputs, ...size] = kernel.shape;
  const channels = read.shape[2];
  const group = reader.settings.int('group', 1);
  const windows = windowsOf(reader, read.shape, size);
  const [value, padding] = padded(reader, read, windows);
  const { strides, dilation } = windows;
  const shape = outputShape(value.shape, windows, padding, outputs);
  const bias = reader.constant(2);
  const common = {
    kernel_size: size,
    strides,
    dilation_rate: dilation,
    padding,
    use_bias: bias !== undefined,
  };
  const made = { shape, isFirst: true };
  if (group === 1)
    return layerOf(reader, 'Conv2D', { ...common, filters: outputs }, [value], made, {
      kernel: turned(kernel, [2, 3, 1, 0]),
      ...withBias(bias),
    });
  const isDepthwise = group === channels && inputs === 1;
  if (!isDepthwise || dilation.some((rate) => rate !== 1)) throw refused(reader, `its \`group\` is ${group}`);
  const multiplier = outputs / channels;
  const depthwise = turned({ shape: [channels, multiplier, ...size], values: kernel.values }, [2, 3, 0, 1]);
  return layerOf(reader, 'DepthwiseConv2D', { ...common, depth_multiplier: multiplier }, [value], made, {
    depthwise_kernel: depthwise,
    ...withBias(bias),
  });
};

export const readConvTranspose: ReadNode = (reader) => {
  const kernel = reader.constant(1);
  const { settings } = reader;
  if (kernel?.shape.length !== 4 || settings.int('group', 1) !== 1)
    throw refused(reader, 'its kernel is none of two dimensions and one group that stands in the file');
  const value = image(reader, reader.made(0));
  const [, filters, ...size] = kernel.shape;
  const { strides, dilation, pads } = windowsOf(reader, value.shape, size);
  const more = settings.ints('output_padding') ?? [0, 0];
  const shape = [0, 1].map(
    (axis) =>
      (value.shape[axis] - 1) * strides[axis] + size[axis] - pads[axis][0] - pads[axis][1] + more[axis],
  );
  const lengths = { same: 0, valid: 1 };
  const padding = (Object.keys(lengths) as (keyof typeof lengths)[]).find((one) =>
    [0, 1].every((axis) => {
      const length =
        value.shape[axis] * strides[axis] + lengths[one] * Math.max(size[axis] - strides[axis], 0);
      const own = one === 'valid' ? [0, 0] : samePads(length, size[axis], strides[axis]);
      return length === shape[axis] && own.join() === pads[axis].join();
    }),
  );
  if (padding === undefined || dilation.some((rate) => rate !== 1))
    throw refused(reader, 'its padding is neither "same" nor "valid", or it is dilated');
  const bias = reader.constant(2);
  const config = { filters, kernel_size: size, strides, padding, use_bias: bias !== undefined };
  return layerOf(
    reader,
    'Conv2DTranspose',
    config,
    [value],
    { shape: [...shape, filters], isFirst: true },
    {
      kernel: turned(kernel, [2, 3, 1, 0]),
      ...withBias(bias),
    },
  );
};

export const readPooling =
  (className: 'MaxPooling2D' | 'AveragePooling2D'): ReadNode =>
  (reader) => {
    const { settings } = reader;
    const read = image(reader, reader.made(0));
    const windows = windowsOf(reader, read.shape, undefined);
    if (settings.int('ceil_mode', 0) !== 0 || windows.dilation.some((rate) => rate !== 1))
      throw refused(reader, 'it is dilated, or rounds up');
    const countsZeros = className === 'AveragePooling2D' && settings.int('count_include_pad', 0) !== 0;
    const named = paddingOf(windows, read.shape);
    const plain = named === 'same' && countsZeros ? undefined : named;
    if (plain === undefined && !countsZeros)
      throw refused(reader, `its padding, ${windows.pads.flat().join()}, is neither "same" nor "valid"`);
    const around = { ...windows, size: [1, 1] as const };
    const [value, padding] = plain === undefined ? padded(reader, read, around) : [read, plain];
    const config = { pool_size: windows.size, strides: windows.strides, padding };
    const shape = outputShape(value.shape, windows, padding, read.shape[2]);
    return layerOf(reader, className, config, [value], { shape, isFirst: true });
  };

/** [channels, 1, 1] of all pixels. */
export const readGlobalPooling =
  (className: 'GlobalAveragePooling2D' | 'GlobalMaxPooling2D'): ReadNode =>
  (reader) => {
    const value = image(reader, reader.made(0));
    const channels = value.shape[2];
    const pooled = layerOf(reader, className, {}, [value], { shape: [channels], isFirst: false });
    return layerOf(reader, 'Reshape', { target_shape: [1, 1, channels] }, [pooled], {
      shape: [1, 1, channels],
      isFirst: true,
    });
  };
