/**
 * Writes the Fourier transforms of 16 and of 8 points, forward and inverse, real and complex, as straight-line
 * AssemblyScript (radix 2; Cooley and Tukey 1965). Forward: X[k] = sum over n of x[n] * exp(-2 pi i k n / N). The inverse
 * is not divided by N: who transforms the weights of a convolution multiplies them by 1 / N^2 once.
 *
 * Each function takes 8 channels at once, a cell. A tile is [N rows][N columns] of cells. Along a row, the transform
 * replaces N real cells by [re 0, re N/2, re 1, im 1, re 2, im 2, ...]. So columns 0 and 1 are real and become N / 2 + 1
 * bins each; each pair of columns behind them is complex and becomes N bins: 130 bins a tile of 16, 34 of 8.
 */

import { negated, type StraightLine, scaled, straightLine, type Term } from './straight-line.ts';
import { upTo } from './tile.ts';

/** Points of a line, with which the functions' names end. */
export const fourierPoints = [16, 8] as const;
export type FourierPoints = (typeof fourierPoints)[number];

const cellBytes = 32;

interface Complex {
  readonly re: Term;
  readonly im: Term;
}

/** The module `fourier-lines.ts` of the kernels. */
export function fourierModule(): string {
  const coefficients: number[] = [];
  const coefficient = (value: number): string => {
    const known = coefficients.findIndex((other) => Math.abs(other - value) < 1e-12);
    const index = known >= 0 ? known : coefficients.push(value) - 1;
    return `v128.load32_splat(coefficients, ${4 * index})`;
  };
  const functions = fourierPoints.flatMap((points) => {
    const write = (name: string, parameters: string, of: (code: StraightLine, points: number) => void) =>
      lines(`${name}${points}(${parameters})`, coefficient, (code) => of(code, points));
    return [
      write('rowForward', 'line: usize', rowForward),
      write('rowInverse', 'line: usize', rowInverse),
      write('realColumn', forwardParameters, realColumn),
      write('complexColumn', forwardParameters, complexColumn),
      write('realColumnInverse', inverseParameters, realColumnInverse),
      write('complexColumnInverse', inverseParameters, complexColumnInverse),
    ];
  });
  return [
    "import { multiplyAdd, multiplySubtract } from './multiply-add';",
    `const coefficients = memory.data<f32>([${coefficients.join(', ')}]);`,
    ...functions,
  ].join('\n');
}

const forwardParameters = 'column: usize, bin: usize, binBytes: usize, partBytes: usize';
const inverseParameters = 'bin: usize, binBytes: usize, partBytes: usize, column: usize';

function lines(
  signature: string,
  coefficient: (value: number) => string,
  write: (code: StraightLine) => void,
): string {
  const code = straightLine(coefficient);
  write(code);
  return [`export function ${signature}: void {`, ...code.lines, '}'].join('\n');
}

function rowForward(code: StraightLine, points: number): void {
  const half = points / 2;
  const bins = realForward(
    code,
    upTo(points).map((column) => code.load('line', column * cellBytes)),
  );
  code.store('line', 0, bins[0].re);
  code.store('line', cellBytes, bins[half].re);
  for (let k = 1; k < half; k++) {
    code.store('line', 2 * k * cellBytes, bins[k].re);
    code.store('line', (2 * k + 1) * cellBytes, bins[k].im);
  }
}

function rowInverse(code: StraightLine, points: number): void {
  const half = points / 2;
  const bins: Complex[] = upTo(half + 1).map((k) => {
    if (k === 0) return { re: code.load('line', 0), im: undefined };
    if (k === half) return { re: code.load('line', cellBytes), im: undefined };
    return { re: code.load('line', 2 * k * cellBytes), im: code.load('line', (2 * k + 1) * cellBytes) };
  });
  realInverse(code, bins).forEach((value, column) => {
    code.store('line', column * cellBytes, value);
  });
}

function realColumn(code: StraightLine, points: number): void {
  const column = upTo(points).map((row) => code.load('column', row * points * cellBytes));
  storeBins(code, realForward(code, column));
}

function complexColumn(code: StraightLine, points: number): void {
  const column = upTo(points).map((row) => loadComplex(code, 'column', row * points * cellBytes));
  storeBins(code, complexForward(code, column));
}

function storeBins(code: StraightLine, bins: readonly Complex[]): void {
  bins.forEach(({ re, im }, k) => {
    code.write(`const bin${k} = bin + ${k} * binBytes;`);
    code.store(`bin${k}`, 0, re);
    code.write(`const im${k} = bin${k} + partBytes;`);
    code.store(`im${k}`, 0, im);
  });
}

function realColumnInverse(code: StraightLine, points: number): void {
  const half = points / 2;
  const bins = loadBins(code, half + 1).map(({ re, im }, k) => ({
    re,
    im: k === 0 || k === half ? undefined : im,
  }));
  realInverse(code, bins).forEach((value, row) => {
    code.store('column', row * points * cellBytes, value);
  });
}

function complexColumnInverse(code: StraightLine, points: number): void {
  complexInverse(code, loadBins(code, points)).forEach(({ re, im }, row) => {
    code.store('column', row * points * cellBytes, re);
    code.store('column', row * points * cellBytes + cellBytes, im);
  });
}

const loadBins = (code: StraightLine, count: number): Complex[] =>
  upTo(count).map((k) => {
    code.write(`const bin${k} = bin + ${k} * binBytes;`);
    const re = code.load(`bin${k}`, 0);
    code.write(`const im${k} = bin${k} + partBytes;`);
    return { re, im: code.load(`im${k}`, 0) };
  });

const loadComplex = (code: StraightLine, pointer: string, offset: number): Complex => ({
  re: code.load(pointer, offset),
  im: code.load(pointer, offset + cellBytes),
});

/** Bins 0 to N / 2 of N real values; the others are their conjugates. */
function realForward(code: StraightLine, values: readonly Term[]): Complex[] {
  const n = values.length;
  if (n === 1) return [{ re: values[0], im: undefined }];
  const even = realForward(code, everySecond(values, 0));
  const odd = realForward(code, everySecond(values, 1));
  const bins: Complex[] = [];
  for (let k = 0; k <= n / 4; k++) {
    const twisted = turned(code, odd[k], (-2 * Math.PI * k) / n);
    bins[k] = plus(code, even[k], twisted);
    bins[n / 2 - k] = conjugate(minus(code, even[k], twisted));
  }
  return bins;
}

/** The values whose bins 0 to N / 2 these are, times N. */
function realInverse(code: StraightLine, bins: readonly Complex[]): Term[] {
  const n = 2 * (bins.length - 1);
  if (n === 2) return [code.add(bins[0].re, bins[1].re), code.add(bins[0].re, negated(bins[1].re))];
  const even: Complex[] = [];
  const odd: Complex[] = [];
  for (let k = 0; k < n / 4; k++) {
    const mirrored = conjugate(bins[n / 2 - k]);
    even[k] = plus(code, bins[k], mirrored);
    odd[k] = turned(code, minus(code, bins[k], mirrored), (2 * Math.PI * k) / n);
  }
  // Bin N / 4 is its own mirror image.
  even[n / 4] = { re: scaled(bins[n / 4].re, 2), im: undefined };
  odd[n / 4] = { re: scaled(bins[n / 4].im, -2), im: undefined };
  return interleaved(realInverse(code, even), realInverse(code, odd));
}

function complexForward(code: StraightLine, values: readonly Complex[]): Complex[] {
  const n = values.length;
  if (n === 1) return [...values];
  const even = complexForward(code, everySecond(values, 0));
  const odd = complexForward(code, everySecond(values, 1));
  const twisted = odd.map((value, k) => turned(code, value, (-2 * Math.PI * k) / n));
  return [
    ...even.map((value, k) => plus(code, value, twisted[k])),
    ...even.map((value, k) => minus(code, value, twisted[k])),
  ];
}

/** The values whose bins these are, times N. */
function complexInverse(code: StraightLine, bins: readonly Complex[]): Complex[] {
  const n = bins.length;
  if (n === 1) return [...bins];
  const first = bins.slice(0, n / 2);
  const even = first.map((bin, k) => plus(code, bin, bins[k + n / 2]));
  const odd = first.map((bin, k) => turned(code, minus(code, bin, bins[k + n / 2]), (2 * Math.PI * k) / n));
  return interleaved(complexInverse(code, even), complexInverse(code, odd));
}

const plus = (code: StraightLine, a: Complex, b: Complex): Complex => ({
  re: code.add(a.re, b.re),
  im: code.add(a.im, b.im),
});

const minus = (code: StraightLine, a: Complex, b: Complex): Complex => ({
  re: code.add(a.re, negated(b.re)),
  im: code.add(a.im, negated(b.im)),
});

const conjugate = ({ re, im }: Complex): Complex => ({ re, im: negated(im) });

/**
 * A value times exp(i angle) = cos (1 + i tan) = sin (cot + i): two sums, and a factor left to the next sum. The
 * smaller one of tan and cot is taken.
 */
function turned(code: StraightLine, { re, im }: Complex, angle: number): Complex {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  if (Math.abs(sin) < 1e-12) return { re: scaled(re, Math.sign(cos)), im: scaled(im, Math.sign(cos)) };
  if (Math.abs(cos) < 1e-12) return { re: scaled(im, -Math.sign(sin)), im: scaled(re, Math.sign(sin)) };
  if (Math.abs(cos) > Math.abs(sin) - 1e-12)
    return {
      re: scaled(code.add(re, scaled(im, -sin / cos)), cos),
      im: scaled(code.add(im, scaled(re, sin / cos)), cos),
    };
  return {
    re: scaled(code.add(scaled(im, -1), scaled(re, cos / sin)), sin),
    im: scaled(code.add(re, scaled(im, cos / sin)), sin),
  };
}

const everySecond = <T>(values: readonly T[], first: 0 | 1): T[] =>
  values.filter((_, index) => index % 2 === first);

const interleaved = <T>(even: readonly T[], odd: readonly T[]): T[] =>
  even.flatMap((value, index) => [value, odd[index]]);
