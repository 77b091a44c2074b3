/** Around recurrent operations, where dimensions of ONNX are told by letters: t times, b batch, d directions, v values. */
import type { Made, Weights } from './builder.ts';
import { onnxShape } from './folding.ts';
import { layerOf, type NodeReader, refused } from './node-reader.ts';

/** Of vectors and of sequences of them. */
export const layoutOf = ({ layout, shape }: Made): string | undefined =>
  layout ?? [undefined, 'bv', 'btv'][shape.length];

export function withLayout(value: Made, layout: string): Made {
  const isPlain = layout === 'btv' || layout === 'bv';
  return {
    ...value,
    layout: isPlain ? undefined : layout,
    ...(layout.includes('d') ? {} : { parts: undefined }),
  };
}

const without = (layout: string, letter: string): string => layout.replace(letter, '');

/** @returns undefined where its dimensions are no letters, or the batch stays in front of them */
export function transposedLayout(reader: NodeReader, value: Made, perm: readonly number[]): Made | undefined {
  const layout = layoutOf(value);
  if (layout?.length !== perm.length || (value.layout === undefined && perm[0] === 0)) return undefined;
  const turned = perm.map((axis) => layout[axis]).join('');
  if (!turned.endsWith('v')) throw refused(reader, `its \`perm\` is ${perm.join()}`);
  return withLayout(value, turned);
}

/** One of the directions, or of layers one above the other. */
export function partOf(reader: NodeReader, value: Made, place: number): Made {
  const part = value.parts?.at(place);
  if (part === undefined)
    throw refused(reader, `it takes number ${place} of ${value.parts?.length} directions`);
  return withLayout(part, without(value.layout as string, 'd'));
}

/** Directions side by side: those of all times as one layer that goes both ways. */
export function mergedDirections(
  reader: NodeReader,
  value: Made,
  given: readonly number[],
): Made | undefined {
  const { layout, parts = [] } = value;
  const fits = layout?.endsWith('dv') || (layout?.includes('d') && parts.length === 1);
  if (layout === undefined || !fits || given.length !== layout.length - 1) return undefined;
  const merged = without(layout, 'd');
  const letters: Record<string, number> = {
    t: value.shape[0],
    v: parts.length * (value.shape.at(-1) as number),
  };
  const whole = onnxShape(value);
  const isSame = [...merged].every((letter, axis) => {
    const size = given[axis] === 0 ? whole[axis] : given[axis];
    return size === -1 || Number.isNaN(size) || (letter === 'b' ? size <= 1 : size === letters[letter]);
  });
  if (!isSame) throw refused(reader, `its shape is ${given.join()}`);
  return sideBySide(
    reader,
    parts.map((part) => withLayout(part, merged)),
  );
}

export function sideBySide(reader: NodeReader, parts: readonly Made[]): Made {
  const [first, second] = parts;
  if (parts.length === 1) return first;
  if (parts.some(({ isReversed }) => isReversed)) return bothWays(reader, first, second);
  const { shape, layout } = first;
  const size = parts.reduce((sum, part) => sum + (part.shape.at(-1) as number), 0);
  const made = { shape: shape.with(-1, size), isFirst: false, layout };
  return layerOf(reader, 'Concatenate', { axis: shape.length }, parts, made);
}

/** Of a layer that goes forward and one that goes backward, whose states stand at their times, a layer that is both. */
function bothWays(reader: NodeReader, forward: Made, backward: Made): Made {
  const { calls } = reader.builder;
  const [one, other] = [forward, backward].map(({ layer }) => calls.get(layer));
  const { go_backwards: isOne, ...config } = one?.config ?? {};
  const { go_backwards: isOther, ...rest } = other?.config ?? {};
  const areTwo = isOne === false && isOther === true && !forward.isReversed && backward.isReversed === true;
  const areSame =
    one?.className === other?.className &&
    one?.reads.join() === other?.reads.join() &&
    one?.isMasked === other?.isMasked &&
    JSON.stringify(config) === JSON.stringify(rest);
  if (one === undefined || other === undefined || !areTwo || !areSame)
    throw refused(
      reader,
      'it joins states of which not all go forward, and that are not both directions of a layer',
    );
  const [name, units] = [one.className.toLowerCase(), forward.shape.at(-1) as number];
  const named = (direction: string, own: Weights) =>
    Object.entries(own).map(([weight, constant]) => [`${direction}_${name}/${weight}`, constant] as const);
  const own = Object.fromEntries([...named('forward', one.own), ...named('backward', other.own)]);
  const layer = { class_name: one.className, config: { name, ...config, go_backwards: false } };
  const input: Made = { layer: one.reads[0], shape: one.input, isFirst: false };
  const { layout, shape } = forward;
  const made = layerOf(
    reader,
    'Bidirectional',
    { layer, merge_mode: 'concat' },
    [input],
    {
      ...{ shape: shape.with(-1, 2 * units), isFirst: false, layout },
    },
    own,
  );
  const call = calls.get(made.layer);
  if (call !== undefined) {
    call.key = `${one.key} ${other.key}`;
    if (one.isMasked) call.isMasked = true;
  }
  return made;
}
