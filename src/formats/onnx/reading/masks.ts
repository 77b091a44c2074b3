/** Which times of a sequence count, as our own files tell it (recurrent-rows.ts): values that stand for no layer's output. */
import { atTime, type Call, type Made, type Mask, type Packed, type Sign } from './builder.ts';
import type { Constant } from './constants.ts';
import { maskRoot, masks } from './masked-layers.ts';
import { layerOf, type NodeReader, refused, round } from './node-reader.ts';

const isSame = (one: Mask, other: Mask): boolean =>
  one.of.layer === other.of.layer && one.value === other.value;

/** Of a vector, each value is a time. */
const isOfTimes = ({ kind, mask }: Sign): boolean =>
  kind === 'mask' || (kind === 'unequal' && mask.of.shape.length === 1);

/** @returns undefined where the node has nothing to do with masks as they are known */
export function readSign(reader: NodeReader): Sign | Made | undefined {
  const rule = rules[reader.node.opType];
  return rule?.(reader);
}

type Rule = (reader: NodeReader) => Sign | Made | undefined;

const same: Rule = (reader) => reader.sign(0);

const rules: Readonly<Record<string, Rule>> = {
  Cast: same,
  Unsqueeze: same,
  Reshape: same,
  Equal(reader) {
    const value = reader.constant(1)?.values;
    return value?.length === 1 && reader.isMade(0)
      ? { kind: 'equal', mask: { of: reader.made(0), value: round(value[0]) } }
      : undefined;
  },
  Not(reader) {
    const sign = reader.sign(0);
    return sign?.kind === 'equal' ? { ...sign, kind: 'unequal' } : undefined;
  },
  ReduceMax(reader) {
    const sign = reader.sign(0);
    const isLastAxis = ['2', '-1'].includes(String(reader.list('axes', 1)));
    return sign?.kind === 'unequal' && isLastAxis ? { ...sign, kind: 'mask' } : undefined;
  },
  Mul(reader) {
    const [index] = [0, 1].filter((one) => reader.sign(one) !== undefined);
    const sign = index === undefined ? undefined : reader.sign(index);
    if (sign === undefined || !isOfTimes(sign)) return undefined;
    const { mask } = sign;
    const other = reader.constant(1 - index);
    if (other !== undefined) return keysOf(mask, other);
    const value = reader.made(1 - index);
    if (value.layer !== mask.of.layer || value.shape.length !== 2) return undefined;
    return layerOf(reader, 'Masking', { mask_value: mask.value }, [value], {
      shape: value.shape,
      isFirst: false,
    });
  },
  TopK(reader) {
    const sign = reader.sign(0);
    if (sign?.kind !== 'keys' || reader.constant(1)?.values[0] !== sign.mask.of.shape[0]) return undefined;
    const isDescending = reader.settings.int('largest', 1) === 1 && reader.settings.int('sorted', 1) === 1;
    return isDescending ? { ...sign, kind: 'order' } : undefined;
  },
  CumSum(reader) {
    const sign = reader.sign(0);
    if (sign === undefined || !isOfTimes(sign) || reader.settings.int('exclusive', 0) !== 0) return undefined;
    const isBackward = reader.settings.int('reverse', 0) === 1;
    return { kind: 'places', mask: sign.mask, isBackward, isLast: false };
  },
  ReduceSum(reader) {
    const sign = reader.sign(0);
    if (sign === undefined || !isOfTimes(sign)) return undefined;
    return { kind: 'places', mask: sign.mask, isBackward: false, isLast: true };
  },
  GatherND(reader) {
    const sign = reader.sign(1);
    if (!reader.isMade(0) || reader.settings.int('batch_dims', 0) !== 1) return undefined;
    const value = reader.raw(0);
    if (sign?.kind === 'order' && value.packed === undefined && value.layout === undefined)
      return { ...value, packed: { mask: sign.mask, isBackward: sign.isBackward, isPadded: false } };
    if (sign?.kind !== 'places' || !value.packed?.isPadded || value.layout !== undefined) return undefined;
    return spread(reader, value, value.packed, sign);
  },
  Pad(reader) {
    const value = reader.isMade(0) ? reader.raw(0) : undefined;
    if (value?.packed === undefined || String(reader.list('pads', 1)) !== '0,1,0,0,0,0') return undefined;
    return { ...value, packed: { ...value.packed, isPadded: true } };
  },
};

function keysOf(mask: Mask, { values }: Constant): Sign | undefined {
  const times = mask.of.shape[0];
  if (values.length !== times) return undefined;
  if (values.every((value, time) => value === times - time)) return { kind: 'keys', mask, isBackward: false };
  return values.every((value, time) => value === time + 1)
    ? { kind: 'keys', mask, isBackward: true }
    : undefined;
}

/** The states back at their times, or the last one. */
function spread(
  reader: NodeReader,
  { packed: _, ...value }: Made,
  { mask, isBackward }: Packed,
  places: Extract<Sign, { kind: 'places' }>,
): Made | undefined {
  if (!isSame(mask, places.mask)) return undefined;
  const [times, ...shape] = value.shape;
  if (places.isLast) return layerOf(reader, atTime, { at: times - 1 }, [value], { shape, isFirst: false });
  return places.isBackward === isBackward ? { ...value, isReversed: isBackward } : undefined;
}

/** Has the mask come to a recurrent layer's input. */
export function bringMask(reader: NodeReader, { layer }: Made, { mask }: Packed): void {
  const { calls } = reader.builder;
  const root: Call | undefined = maskRoot(calls, layer);
  const isOfRoot = root !== undefined && root.reads[0] === mask.of.layer;
  if (isOfRoot && root.className === 'Embedding' && mask.value === 0)
    root.config = { ...root.config, mask_zero: true };
  if (!isOfRoot || !masks(root) || (root.className === 'Masking' && root.config.mask_value !== mask.value))
    throw refused(reader, 'its mask is that of no Masking layer or embedding before it');
}

export const isSign = (one: Sign | Made): one is Sign => 'kind' in one;
