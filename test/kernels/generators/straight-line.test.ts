/** Straight-line code: what a value stands for, and what a sum costs. */
import { expect, test } from 'vitest';
import {
  negated,
  type StraightLine,
  scaled,
  straightLine,
  type Term,
} from '../../../src/kernels/generators/straight-line.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';

const factors = [1, -1, 0.5, -3, 2];

test.for(factors.flatMap((a) => factors.map((b) => [a, b] as const)))(
  'adds %d x and %d y in one instruction, with one at the store for the factor that is left over',
  ([a, b]) => {
    const { results, inputs, lines } = run((code, [x, y]) => code.add(scaled(x, a), scaled(y, b)));
    inputs[0].forEach((x, i) => {
      expect(results[i]).toBeCloseTo(a * x + b * inputs[1][i], 12);
    });
    expect(arithmetic(lines)).toBeLessThanOrEqual(2);
  },
);

test.for(factors)(
  'multiplies nothing at the store where one term of a sum has no factor, the other %d',
  (factor) => {
    const scaledFirst = run((code, [x, y]) => code.add(scaled(x, factor), y));
    const scaledLast = run((code, [x, y]) => code.add(x, scaled(y, factor)));
    expect(arithmetic(scaledLast.lines)).toBe(1);
    // -x + y would be better as y - x; no transform asks for it.
    if (factor !== -1) expect(arithmetic(scaledFirst.lines)).toBe(1);
  },
);

test('needs no constant for a change of sign, nor where the factors of a sum are equal or opposite', () => {
  expect(constantsIn(run((_, [x]) => negated(x)).lines)).toBe(0);
  for (const factor of [1, -1]) {
    const { lines } = run((code, [x, y]) => code.add(x, scaled(y, factor)));
    expect(constantsIn(lines)).toBe(0);
    // The one that is left is for the store.
    const both = run((code, [x, y]) => code.add(scaled(x, 3), scaled(y, 3 * factor)));
    expect(constantsIn(both.lines)).toBe(1);
  }
});

test('carries factors through several sums', () => {
  const { results, inputs, lines } = run((code, [x, y]) => {
    const sum = code.add(scaled(x, 3), y);
    return code.add(scaled(sum, 0.25), negated(scaled(x, 5)));
  });
  inputs[0].forEach((x, i) => {
    expect(results[i]).toBeCloseTo((3 * x + inputs[1][i]) / 4 - 5 * x, 12);
  });
  expect(arithmetic(lines)).toBe(3);
});

test('adds zero for nothing, and stores it', () => {
  expect(arithmetic(run((code, [x]) => code.add(undefined, code.add(x, undefined))).lines)).toBe(0);
  const { results, lines } = run((code) => code.add(undefined, undefined));
  expect(results).toEqual(new Array(8).fill(0));
  expect(arithmetic(lines)).toBe(0);
});

/** Stores what `write` makes of two values, each 8 random numbers. */
function run(write: (code: StraightLine, inputs: readonly Term[]) => Term) {
  const { memory, put } = emptyMemory(200);
  const inputs = [1, 2].map((stream) => Array.from(uniform(stream, 8, -1, 1)));
  const [x, y, target] = [...inputs, new Array(8).fill(Number.NaN)].map(put);
  const constants: number[] = [];
  const code = straightLine((value) => `v128.load32_splat(constants, ${4 * (constants.push(value) - 1)})`);
  code.store('target', 0, write(code, [code.load('x', 0), code.load('y', 0)]));
  const lines = ['export function run(x: usize, y: usize, target: usize): void {', ...code.lines, '}'];
  const text = [`const constants = memory.data<f32>([${constants.join(', ')}]);`, ...lines].join('\n');
  runAssembly(text, memory, (value) => value).run(x, y, target);
  return { results: Array.from(memory.subarray(target / 4, target / 4 + 8)), inputs, lines: code.lines };
}

/** Instructions on values; each is written for both halves. */
const arithmetic = (lines: readonly string[]): number =>
  lines.filter((line) => /f32x4\.|multiply/.test(line)).length / 2;

const constantsIn = (lines: readonly string[]): number =>
  lines.filter((line) => line.includes('load32_splat')).length;
