/**
 * Writes straight-line AssemblyScript over values of 8 neighbouring floats, each a pair of v128 variables that V8 can
 * fuse into one of 256 bits. A value may stand for a multiple of its variable: factors are carried along and merged
 * into the next sum, which then costs one instruction whatever its factors are.
 */

/** `scale` times what the pair of variables `name` holds. */
export interface Value {
  readonly name: string;
  readonly scale: number;
}

/** A value that may be known to be zero; sums with it cost nothing. */
export type Term = Value | undefined;

export interface StraightLine {
  /** What was written so far. */
  readonly lines: readonly string[];
  /** A line as it is. */
  write(line: string): void;
  load(pointer: string, offset: number): Value;
  store(pointer: string, offset: number, value: Term): void;
  add(a: Term, b: Term): Term;
}

/** @param coefficient the AssemblyScript expression of a vector of four times this number */
export function straightLine(coefficient: (value: number) => string): StraightLine {
  const lines: string[] = [];
  let count = 0;
  const pair = (expression: (half: 0 | 1) => string): string => {
    const name = `t${count++}`;
    for (const half of [0, 1] as const) lines.push(`const ${name}_${half} = ${expression(half)};`);
    return name;
  };
  const constant = (value: number): string => {
    const name = `t${count++}`;
    lines.push(`const ${name} = ${coefficient(value)};`);
    return name;
  };
  /** The variables of a value, its scale multiplied in. */
  const settled = ({ name, scale }: Value): string => {
    if (scale === 1) return name;
    if (scale === -1) return pair((half) => `f32x4.neg(${name}_${half})`);
    const factor = constant(scale);
    return pair((half) => `f32x4.mul(${name}_${half}, ${factor})`);
  };
  return {
    lines,
    write: (line) => void lines.push(line),
    load: (pointer, offset) => ({
      name: pair((half) => `v128.load(${pointer}, ${offset + 16 * half})`),
      scale: 1,
    }),
    store(pointer, offset, value) {
      const zero = value === undefined ? constant(0) : '';
      const name = value === undefined ? '' : settled(value);
      for (const half of [1, 0])
        lines.push(
          `v128.store(${pointer}, ${name === '' ? zero : `${name}_${half}`}, ${offset + 16 * half});`,
        );
    },
    add(a, b) {
      if (a === undefined || b === undefined) return a ?? b;
      // The sum keeps the scale of its first term, so that one goes first which has none.
      const [first, second] = isUnit(b) && !isUnit(a) ? [b, a] : [a, b];
      const ratio = second.scale / first.scale;
      const [x, y] = [first.name, second.name];
      if (isUnit({ scale: ratio }))
        return {
          name: pair((half) => `f32x4.${ratio > 0 ? 'add' : 'sub'}(${x}_${half}, ${y}_${half})`),
          scale: first.scale,
        };
      const factor = constant(Math.abs(ratio));
      const combine = ratio > 0 ? 'multiplyAdd' : 'multiplySubtract';
      return {
        name: pair((half) => `${combine}(${y}_${half}, ${factor}, ${x}_${half})`),
        scale: first.scale,
      };
    },
  };
}

const isUnit = ({ scale }: Pick<Value, 'scale'>): boolean => Math.abs(Math.abs(scale) - 1) < 1e-12;

export const scaled = (value: Term, factor: number): Term =>
  value && { name: value.name, scale: value.scale * factor };

export const negated = (value: Term): Term => scaled(value, -1);
