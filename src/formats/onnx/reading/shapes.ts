/** Operations that give values another shape or order, and those in which tensors meet. */
import { type Shape, sizeOf } from '../../../shape.ts';
import { expanded } from './axes.ts';
import type { Made } from './builder.ts';
import { layoutOf, mergedDirections, partOf, sideBySide, transposedLayout, withLayout } from './layouts.ts';
import { image, inOrder, layerOf, type NodeReader, type ReadNode, refused, reshaped } from './node-reader.ts';

export const readFlatten: ReadNode = (reader) => {
  if (reader.settings.int('axis', 1) !== 1) throw refused(reader, 'its `axis` is not 1');
  return flat(reader, [sizeOf(reader.made(0).shape)]);
};

const flat = (reader: NodeReader, shape: Shape): Made =>
  reshaped(reader, inOrder(reader, reader.made(0)), shape);

export const readReshape: ReadNode = (reader) => {
  const given = reader.constant(1)?.values ?? reader.settings.ints('shape');
  if (given === undefined) throw refused(reader, 'its shape does not stand in the file');
  const merged = mergedDirections(reader, reader.raw(0), [...given]);
  if (merged !== undefined) return merged;
  const value = reader.made(0);
  const [batch, ...wanted] = given;
  const whole = inOrder(reader, value);
  const kept = wanted.map((size, axis) => (size === 0 ? whole.shape[axis] : size));
  const known = sizeOf(kept.filter((size) => size !== -1));
  const shape = kept.map((size) => (size === -1 ? sizeOf(whole.shape) / known : size));
  if ((batch > 1 && batch !== 0) || shape.length === 0 || sizeOf(shape) !== sizeOf(whole.shape))
    throw refused(reader, `its shape, ${[...given].join()}, does not keep the examples apart`);
  return reshaped(reader, whole, shape);
};

/** Adds dimensions of one, or takes them away: of images these keep their order where channels stay in front. */
export const readAxes =
  (adds: boolean): ReadNode =>
  (reader) => {
    const all = reader.list('axes', 1);
    if (all === undefined) throw refused(reader, 'its `axes` are not told');
    const raw = reader.raw(0);
    if (!adds && all.length === 1 && raw.layout !== undefined) return withoutOne(reader, raw, all[0]);
    const whole = inOrder(reader, reader.made(0));
    const rank = whole.shape.length + 1;
    const axes = all.map((axis) => (axis < 0 ? axis + rank + (adds ? all.length : 0) : axis));
    const shape = adds ? [...whole.shape] : whole.shape.filter((_, axis) => !axes.includes(axis + 1));
    if (adds) for (const axis of axes.toSorted((a, b) => a - b)) shape.splice(axis - 1, 0, 1);
    if (axes.includes(0) || sizeOf(shape) !== sizeOf(whole.shape))
      throw refused(reader, 'it changes the examples');
    return reshaped(reader, whole, shape);
  };

/** A direction that is the only one, or such a time. */
function withoutOne(reader: NodeReader, value: Made, axis: number): Made {
  const layout = value.layout as string;
  const letter = layout.at(axis);
  if (letter === 'd' && value.parts?.length === 1) return partOf(reader, value, 0);
  if (letter !== 't' || value.shape[0] !== 1 || value.parts !== undefined)
    throw refused(reader, 'it changes the examples, or takes away directions');
  return withLayout(reshaped(reader, value, value.shape.slice(1)), layout.replace('t', ''));
}

export const readTranspose: ReadNode = (reader) => {
  const perm = reader.settings.ints('perm') ?? [];
  const turned = transposedLayout(reader, reader.raw(0), perm);
  if (turned !== undefined) return turned;
  const value = reader.made(0);
  if (perm[0] !== 0 || perm.length !== value.shape.length + 1)
    throw refused(reader, `its \`perm\` is ${perm.join()}`);
  const isImage = value.shape.length === 3;
  // Between the two orders of an image nothing is moved.
  if (isImage && !value.isFirst && perm.join() === '0,3,1,2') return { ...value, isFirst: true };
  if (isImage && value.isFirst && perm.join() === '0,2,3,1') return { ...value, isFirst: false };
  const whole = inOrder(reader, value);
  const dims = perm.slice(1);
  const shape = dims.map((dim) => whole.shape[dim - 1]);
  return layerOf(reader, 'Permute', { dims }, [whole], { shape, isFirst: false });
};

export const readConcat: ReadNode = (reader) => {
  const raw = reader.node.input.map((_, index) => reader.raw(index));
  const letters = layoutOf(raw[0]);
  const letter = raw.every((one) => layoutOf(one) === letters)
    ? letters?.at(reader.settings.int('axis', 1))
    : undefined;
  if (letter === 'd') return { ...raw[0], parts: raw.flatMap(({ parts = [] }) => parts) };
  if (
    letter === 'v' &&
    raw.length === 2 &&
    raw.some(({ isReversed, packed }) => isReversed && packed === undefined)
  )
    return sideBySide(reader, raw);
  const values = reader.allMade();
  const areFirst = values.every(({ isFirst }) => isFirst);
  const reads = areFirst ? values : values.map((value) => inOrder(reader, value));
  const rank = reads[0].shape.length + 1;
  const given = reader.settings.int('axis', 1);
  const named = given < 0 ? given + rank : given;
  const axis = areFirst ? [0, 3, 1, 2][named] : named;
  if (axis === 0 || axis === undefined) throw refused(reader, 'its `axis` is that of the examples');
  const shape = reads[0].shape.with(
    axis - 1,
    reads.reduce((sum, one) => sum + one.shape[axis - 1], 0),
  );
  return layerOf(reader, 'Concatenate', { axis }, reads, { shape, isFirst: areFirst });
};

export const readMerging =
  (className: string): ReadNode =>
  (reader) => {
    const values = reader.allMade();
    const areFirst = values.every(({ isFirst }) => isFirst);
    const reads = areFirst ? values : values.map((value) => inOrder(reader, value));
    const [{ shape: first }] = reads;
    if (reads.length < 2 || reads.some((one) => one.shape.length !== first.length))
      throw refused(reader, 'it reads tensors of several shapes');
    const shape = first.map((_, axis) => Math.max(...reads.map((one) => one.shape[axis])));
    const isSame = reads.every((one) => one.shape.join() === shape.join());
    if (!isSame && areFirst) throw refused(reader, 'it reads images of several sizes');
    const whole = isSame ? reads : reads.map((one) => expanded(reader, one, shape));
    return layerOf(reader, className, {}, whole, { shape, isFirst: areFirst });
  };

/** A vector again and again. */
export const readTile: ReadNode = (reader) => {
  const value = inOrder(reader, reader.made(0));
  const [batch, times, ...rest] = reader.constant(1)?.values ?? [];
  const [one, size] = value.shape;
  if (value.shape.length !== 2 || one !== 1 || batch !== 1 || rest.join() !== '1')
    throw refused(reader, 'it repeats something else than a vector');
  const vector = reshaped(reader, value, [size]);
  return layerOf(reader, 'RepeatVector', { n: times }, [vector], { shape: [times, size], isFirst: false });
};

/** Zeros around an image. */
export const readPad: ReadNode = (reader) => {
  const value = reader.made(0);
  const pads = reader.list('pads', 1) ?? [];
  const zero = reader.constant(2)?.values[0] ?? 0;
  const isImage = value.shape.length === 3 && pads.length === 8;
  if (!isImage || zero !== 0 || reader.settings.text('mode', 'constant') !== 'constant')
    throw refused(reader, 'it puts something else than zeros around an image');
  const axes = value.isFirst ? [2, 3, 1] : [1, 2, 3];
  const [rows, columns, channels] = axes.map((axis) => [pads[axis], pads[axis + 4]]);
  const others = [...channels, pads[0], pads[4]];
  if (others.some((pad) => pad !== 0) || [...rows, ...columns].some((pad) => pad < 0))
    throw refused(reader, `its \`pads\` are ${pads.join()}`);
  const shape = [
    value.shape[0] + rows[0] + rows[1],
    value.shape[1] + columns[0] + columns[1],
    value.shape[2],
  ];
  return layerOf(reader, 'ZeroPadding2D', { padding: [rows, columns] }, [value], {
    shape,
    isFirst: value.isFirst,
  });
};

const interpolations: Readonly<Record<string, string>> = { nearest: 'nearest', linear: 'bilinear' };

export const readResize: ReadNode = (reader) => {
  const { settings } = reader;
  const value = image(reader, reader.made(0));
  const [batch, channels, ...size] = reader.constant(2)?.values ?? [];
  const mode = settings.text('mode', 'nearest');
  const interpolation = interpolations[mode];
  const isPlain =
    settings.text('coordinate_transformation_mode', 'half_pixel') === 'asymmetric' &&
    (mode !== 'nearest' || settings.text('nearest_mode', 'round_prefer_floor') === 'floor');
  const isWhole = size.length === 2 && size.every((factor) => Number.isInteger(factor) && factor >= 1);
  if (!isPlain || !isWhole || batch !== 1 || channels !== 1 || interpolation === undefined)
    throw refused(reader, 'it does not repeat pixels, or go between their corners, a whole number of times');
  const shape = [value.shape[0] * size[0], value.shape[1] * size[1], value.shape[2]];
  return layerOf(reader, 'UpSampling2D', { size, interpolation }, [value], { shape, isFirst: true });
};
