/** Operations that take places of an axis, or all of it together, or repeat it. */
import { type Shape, sizeOf } from '../../../shape.ts';
import { atTime, type Made } from './builder.ts';
import { onnxShape } from './folding.ts';
import { layoutOf, partOf, withLayout } from './layouts.ts';
import { inOrder, layerOf, type NodeReader, type ReadNode, refused, reshaped } from './node-reader.ts';

/** An axis of ONNX as a letter of the layout, and as one of the example's own shape. */
function axisOf(reader: NodeReader, value: Made, given: number) {
  const sizes = onnxShape(value);
  const axis = given < 0 ? given + sizes.length : given;
  const letter = layoutOf(value)?.[axis] ?? (axis === 0 ? 'b' : '');
  if (letter === 'b') throw refused(reader, 'it takes some of the examples, or joins them');
  const own = value.isFirst ? [0, 2, 0, 1][axis] : axis - 1;
  return {
    letter,
    size: sizes[axis],
    own: letter === 't' ? 0 : letter === 'v' ? value.shape.length - 1 : own,
  };
}

/** A part of an axis, cut out. */
function cropped(reader: NodeReader, value: Made, axis: number, [from, to]: readonly [number, number]): Made {
  const { shape, isFirst, layout } = value;
  const around = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  const rows = [around[0], shape[axis], around[1]];
  const made = (one: Shape): Omit<Made, 'layer'> => ({ shape: one, isFirst, layout });
  const reshape = (one: Made, wanted: Shape): Made =>
    one.shape.join() === wanted.join()
      ? one
      : layerOf(reader, 'Reshape', { target_shape: wanted }, [one], made(wanted));
  const cropping = [
    [0, 0],
    [from, shape[axis] - to],
  ];
  const cut = layerOf(
    reader,
    'Cropping2D',
    { cropping },
    [reshape(value, rows)],
    made(rows.with(1, to - from)),
  );
  return reshape(cut, shape.with(axis, to - from));
}

/** A time of a sequence as a vector. */
function timeOf(reader: NodeReader, value: Made, place: number): Made {
  const { shape, isReversed = false, packed } = value;
  const [times, ...rest] = shape;
  if (packed !== undefined) throw refused(reader, 'it reads only times that count');
  const at = isReversed ? times - 1 - place : place;
  return layerOf(reader, atTime, { at }, [value], { shape: rest, isFirst: false });
}

/** Of a tensor, one place of an axis. */
export const readPlace: ReadNode = (reader) => {
  const value = reader.raw(0);
  const places = reader.constant(1);
  if (places?.values.length !== 1 || places.shape.length > 1)
    throw refused(reader, 'it takes no rows of a table that stands in the file, and no one place of an axis');
  const { letter, size, own } = axisOf(reader, value, reader.settings.int('axis', 0));
  const place = places.values[0] < 0 ? places.values[0] + size : places.values[0];
  if (!(place >= 0 && place < size)) throw refused(reader, `it takes number ${places.values[0]} of ${size}`);
  const keeps = places.shape.length === 1;
  if (letter === 'd') {
    const part = partOf(reader, value, place);
    return keeps ? { ...part, layout: value.layout, parts: [part] } : part;
  }
  if (letter === 't' && value.parts === undefined) {
    const time = timeOf(reader, value, place);
    return keeps ? withLayout(reshaped(reader, time, [1, ...time.shape]), layoutOf(value) as string) : time;
  }
  const whole = inOrder(reader, reader.made(0));
  const axis = value.isFirst ? [2, 0, 1].indexOf(own) : own;
  const one = cropped(reader, whole, axis, [place, place + 1]);
  return keeps ? one : reshaped(reader, one, one.shape.toSpliced(axis, 1));
};

/** From one place of an axis to another one, or all times the other way round. */
export const readSlice: ReadNode = (reader) => {
  const [starts, ends] = [reader.list('starts', 1), reader.list('ends', 2)];
  if (starts === undefined || ends === undefined)
    throw refused(reader, 'its places do not stand in the file');
  const axes = reader.list('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = reader.list('steps', 4) ?? starts.map(() => 1);
  let value = reader.raw(0);
  for (const [index, axis] of axes.entries())
    value = sliced(reader, value, axis, { start: starts[index], end: ends[index], step: steps[index] });
  return value;
};

function sliced(
  reader: NodeReader,
  value: Made,
  given: number,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Made {
  const { letter, size, own } = axisOf(reader, value, given);
  const clamped = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const [from, to] = [clamped(start), clamped(end)];
  if (step === -1 && letter === 't' && from >= size - 1 && end < -size)
    return { ...value, isReversed: !value.isReversed };
  if (step !== 1 || from >= to) throw refused(reader, `it goes from ${from} to ${to} by ${step}`);
  if (to - from === size) return value;
  const { packed, parts, isReversed } = value;
  if (letter === 'd') return { ...value, parts: parts?.slice(from, to) };
  if (packed !== undefined || parts !== undefined)
    throw refused(reader, 'it takes some times of several directions, or of those that count');
  if (letter === 't' && to - from === 1) {
    const time = timeOf(reader, value, from);
    return withLayout(reshaped(reader, time, [1, ...time.shape]), layoutOf(value) as string);
  }
  if (letter === 't' && isReversed) throw refused(reader, 'it takes some times of those that go backwards');
  return cropped(reader, value, own, [from, to]);
}

/** All times of a sequence, or all pixels of an image, as one. */
export const readPooled =
  (kind: 'Average' | 'Max'): ReadNode =>
  (reader) => {
    const value = reader.raw(0);
    const axes = (reader.list('axes', 1) ?? []).map((axis) => axisOf(reader, value, axis));
    const { shape, isFirst, packed, parts } = value;
    const owns = axes
      .map(({ own }) => own)
      .toSorted()
      .join();
    const dimensions = owns === '0' && shape.length === 2 ? 1 : owns === '0,1' && shape.length === 3 ? 2 : 0;
    if (dimensions === 0 || packed !== undefined || parts !== undefined)
      throw refused(reader, 'its `axes` are neither all times of a sequence nor all pixels of an image');
    const vector = shape.slice(-1);
    const pooled = layerOf(reader, `Global${kind}Pooling${dimensions}D`, {}, [value], {
      shape: vector,
      isFirst: false,
    });
    if (reader.settings.int('keepdims', 1) === 0) return pooled;
    const kept = [...new Array<number>(dimensions).fill(1), ...vector];
    const made = { shape: kept, isFirst, layout: value.layout };
    return layerOf(reader, 'Reshape', { target_shape: kept }, [pooled], made);
  };

export const readExpand: ReadNode = (reader) => {
  const value = inOrder(reader, reader.made(0));
  const [batch, ...given] = reader.constant(1)?.values ?? [];
  if (batch > 1 || given.length !== value.shape.length)
    throw refused(reader, 'it does not repeat values within an example, by a shape that stands in the file');
  return expanded(
    reader,
    value,
    given.map((size, axis) => (size === 1 || size === -1 ? value.shape[axis] : size)),
  );
};

/** Repeats where the length is one. */
export function expanded(reader: NodeReader, value: Made, shape: Shape): Made {
  const axis = value.shape.findIndex((size, at) => size !== shape[at]);
  if (axis < 0) return value;
  const times = shape[axis];
  if (value.shape[axis] !== 1 || !Number.isInteger(times))
    throw refused(reader, `it makes [${shape.join(', ')}] of [${value.shape.join(', ')}]`);
  const [before, behind] = [sizeOf(shape.slice(0, axis)), sizeOf(value.shape.slice(axis + 1))];
  const size = before * behind;
  const vector = reshaped(reader, value, [size]);
  const made = { shape: [times, size], isFirst: false };
  const all = layerOf(reader, 'RepeatVector', { n: times }, [vector], made);
  const wanted = value.shape.with(axis, times);
  if (before === 1) return expanded(reader, reshaped(reader, all, wanted), shape);
  const turned = layerOf(
    reader,
    'Permute',
    { dims: [2, 1, 3] },
    [reshaped(reader, all, [times, before, behind])],
    {
      ...{ shape: [before, times, behind], isFirst: false },
    },
  );
  return expanded(reader, reshaped(reader, turned, wanted), shape);
}
