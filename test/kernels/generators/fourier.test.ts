/** The generated transforms are discrete Fourier transforms, and cost no more instructions than they did. */
import { describe, expect, test } from 'vitest';
import { fourierModule, fourierPoints } from '../../../src/kernels/generators/fourier.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { countIn, emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';

const text = fourierModule();
/** In floats: a cell has 8 channels. Between bins and their parts there are gaps. */
const [cell, binStep, partStep] = [8, 24, 10];

interface Complex {
  readonly re: number;
  readonly im: number;
}
const exact = (value: number): number => value;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const channels = upTo(cell);

/** X[k] = sum over n of x[n] * exp(sign 2 pi i k n / N), in float64. */
const plainTransform = (values: readonly Complex[], sign: 1 | -1, points = values.length): Complex[] =>
  upTo(points).map((k) =>
    values.reduce(
      (sum, { re, im }, n) => {
        const angle = (sign * 2 * Math.PI * k * n) / points;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        return { re: sum.re + re * cos - im * sin, im: sum.im + re * sin + im * cos };
      },
      { re: 0, im: 0 },
    ),
  );

/** The bins of a real line behind the middle are the conjugates of those before it. */
const mirrored = (bins: readonly Complex[], half = bins.length - 1): Complex[] => [
  ...bins,
  ...upTo(half - 1).map((k) => ({ re: bins[half - 1 - k].re, im: -bins[half - 1 - k].im })),
];

/** A row of a tile and its transform, in place: [re 0, re N/2, re 1, im 1, ...]. */
describe.for(fourierPoints)('along a row of %i points', (points) => {
  const half = points / 2;
  const row = points * cell;
  const packed = (bins: readonly Complex[]): number[] => [
    bins[0].re,
    bins[half].re,
    ...bins.slice(1, half).flatMap(({ re, im }) => [re, im]),
  ];
  const unpacked = (cells: readonly number[]): Complex[] => [
    { re: cells[0], im: 0 },
    ...upTo(half - 1).map((k) => ({ re: cells[2 * k + 2], im: cells[2 * k + 3] })),
    { re: cells[1], im: 0 },
  ];
  const real = (cells: readonly number[]) => cells.map((re) => ({ re, im: 0 }));

  test.for([
    ['rowForward', (cells: readonly number[]) => packed(plainTransform(real(cells), -1))],
    [
      'rowInverse',
      (cells: readonly number[]) => plainTransform(mirrored(unpacked(cells)), 1).map(({ re }) => re),
    ],
  ] as const)('%s is the transform, in place', ([name, plain]) => {
    const { memory, put } = emptyMemory(1000);
    const line = put(uniform(1, row, -1, 1));
    const before = memory.slice();
    const functions = runAssembly(text, memory, exact);
    functions[`${name}${points}`](line);
    for (const channel of channels) {
      const at = (index: number) => line / 4 + index * cell + channel;
      const expected = plain(upTo(points).map((index) => before[at(index)]));
      expected.forEach((value, index) => {
        expectClose(memory[at(index)], value);
        before[at(index)] = memory[at(index)];
      });
    }
    expectUnchanged(memory, before);
  });
});

describe.for(fourierPoints)('along a column of %i points', (points) => {
  const half = points / 2;
  const row = points * cell;
  const forward = [
    { name: 'realColumn', complex: false, bins: half + 1 },
    { name: 'complexColumn', complex: true, bins: points },
  ];

  test.for(forward)('$name writes $bins bins', ({ name, complex, bins: count }) => {
    const { memory, before, column, bins } = columnMemory();
    runAssembly(text, memory, exact)[`${name}${points}`](column * 4, bins * 4, binStep * 4, partStep * 4);
    for (const channel of channels) {
      const values = upTo(points).map((n) => {
        const at = column + n * row + channel;
        return { re: before[at], im: complex ? before[at + cell] : 0 };
      });
      const expected = plainTransform(values, -1);
      for (const k of upTo(count)) {
        const at = bins + k * binStep + channel;
        expectClose(memory[at], expected[k].re);
        expectClose(memory[at + partStep], expected[k].im);
        for (const index of [at, at + partStep]) before[index] = memory[index];
      }
    }
    expectUnchanged(memory, before);
  });

  const inverse = [
    { name: 'realColumnInverse', complex: false },
    { name: 'complexColumnInverse', complex: true },
  ];

  test.for(inverse)('$name writes the column, N times', ({ name, complex }) => {
    const { memory, before, column, bins } = columnMemory();
    runAssembly(text, memory, exact)[`${name}${points}`](bins * 4, binStep * 4, partStep * 4, column * 4);
    for (const channel of channels) {
      const given = upTo(complex ? points : half + 1).map((k) => {
        const at = bins + k * binStep + channel;
        // What stands as imaginary part where a real column has none is not read.
        const im = !complex && k % half === 0 ? 0 : before[at + partStep];
        return { re: before[at], im };
      });
      plainTransform(complex ? given : mirrored(given), 1).forEach(({ re, im }, n) => {
        const at = column + n * row + channel;
        expectClose(memory[at], re);
        if (complex) expectClose(memory[at + cell], im);
        for (const index of complex ? [at, at + cell] : [at]) before[index] = memory[index];
      });
    }
    expectUnchanged(memory, before);
  });

  /** Indices of a column of cells and of its bins, all filled; `before` is a copy. */
  function columnMemory() {
    const { memory, put } = emptyMemory(4000);
    const column = put(uniform(1, points * row, -1, 1)) / 4;
    const bins = put(uniform(2, points * binStep, -1, 1)) / 4;
    return { memory, before: memory.slice(), column, bins };
  }
});

/**
 * A complex transform of 16 points has 32 butterflies of 4 sums, and 10 turns by an angle that is no multiple of 90
 * degrees, of 2 sums each: 148; one of 8 has 12 and 2: 52. The factor that a turn leaves to both of its sums would cost 20
 * multiplications.
 */
describe('instructions on cells', () => {
  test.for([
    { name: 'rowForward16', sums: 60, factors: 4 },
    { name: 'rowInverse16', sums: 60, factors: 0 },
    { name: 'realColumn16', sums: 60, factors: 4 },
    { name: 'complexColumn16', sums: 148, factors: 0 },
    { name: 'realColumnInverse16', sums: 60, factors: 0 },
    { name: 'complexColumnInverse16', sums: 148, factors: 0 },
    { name: 'rowForward8', sums: 20, factors: 2 },
    { name: 'rowInverse8', sums: 20, factors: 0 },
    { name: 'realColumn8', sums: 20, factors: 2 },
    { name: 'complexColumn8', sums: 52, factors: 0 },
    { name: 'realColumnInverse8', sums: 20, factors: 0 },
    { name: 'complexColumnInverse8', sums: 52, factors: 0 },
  ])('$name has at most $sums sums, and $factors factors at its ends', ({ name, sums, factors }) => {
    expect(countIn(text, name, /f32x4\.(add|sub)\(|multiply(Add|Subtract)\(/) / 2).toBeLessThanOrEqual(sums);
    expect(countIn(text, name, /f32x4\.(mul|neg)\(/) / 2).toBeLessThanOrEqual(factors);
  });
});

/** Sums of 16 values below 1 in float64, in another order. */
function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(1e-13);
}

/** But for the coefficients, at the memory's end. */
function expectUnchanged(memory: Float64Array, before: Float64Array): void {
  expect(memory.subarray(0, -32)).toEqual(before.subarray(0, -32));
}
