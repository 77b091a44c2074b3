/** The generated transforms compute a convolution there and back, and cost no more instructions than they did. */
import { expect, test } from 'vitest';
import { winogradModule } from '../../../src/kernels/generators/winograd.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { countIn, emptyMemory, runAssembly } from '../../../testing/kernels/run-assembly.ts';

const text = winogradModule();
const exact = (value: number): number => value;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const channels = 8;

/** [size, size, 8] */
type Image = Float64Array;

/** Of a transform of [from, from, 8] to [to, to, 8]. @param added what there is before, or a bias */
function transform(name: string, from: number, to: number, image: Image, added?: Float64Array): Image {
  const { memory, put } = emptyMemory(20_000);
  const source = put(image);
  const tile = put(new Float64Array(from * to * channels));
  const target = put(
    added !== undefined && added.length > channels ? added : new Float64Array(to * to * channels),
  );
  const bias = added !== undefined && added.length === channels ? [put(added)] : [];
  const functions = runAssembly(text, memory, exact);
  const cell = (start: number, index: number) => start + index * channels * 4;
  for (const row of upTo(from))
    functions[`${name}Row`](
      ...upTo(from).map((column) => cell(source, row * from + column)),
      cell(tile, row * to),
    );
  for (const column of upTo(to))
    functions[`${name}Column`](
      cell(tile, column),
      ...bias,
      ...upTo(to).map((row) => cell(target, row * to + column)),
    );
  return memory.slice(target / 4, target / 4 + to * to * channels);
}

const times = (a: Image, b: Image): Image => a.map((value, place) => value * b[place]);

const values = (stream: number, size: number): Image =>
  Float64Array.from(uniform(stream, size * size * channels, -1, 1));

/** sum[y, x] += a[y + i, x + j] * b[i, j] for each output (y, x) and tap (i, j), channel by channel: calls `visit` for each. */
function eachProduct(visit: (output: number, tap: number, pixel: number) => void): void {
  for (const y of upTo(4))
    for (const x of upTo(4))
      for (const i of upTo(3))
        for (const j of upTo(3))
          for (const channel of upTo(channels)) {
            const at = (row: number, column: number, size: number) =>
              (row * size + column) * channels + channel;
            visit(at(y, x, 4), at(i, j, 3), at(y + i, x + j, 6));
          }
}

function expectClose(actual: Image, expected: Image): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, place) => {
    expect(value).toBeCloseTo(expected[place], 10);
  });
}

const [pixels, weights, dOutputs] = [values(1, 6), values(2, 3), values(3, 4)];

test('products of the bins of 6 x 6 pixels and of 3 x 3 weights are the bins of 4 x 4 outputs', () => {
  const bias = Float64Array.from(upTo(channels), (channel) => channel - 3);
  const expected = Float64Array.from({ length: 16 * channels }, (_, place) => bias[place % channels]);
  eachProduct((output, tap, pixel) => {
    expected[output] += pixels[pixel] * weights[tap];
  });
  const bins = times(transform('input', 6, 6, pixels), transform('weights', 3, 6, weights));
  expectClose(transform('output', 6, 4, bins, bias), expected);
});

test("products of the bins of the outputs' gradients and of the weights are those of the pixels' gradients", () => {
  const before = values(4, 6);
  const expected = before.slice();
  eachProduct((output, tap, pixel) => {
    expected[pixel] += dOutputs[output] * weights[tap];
  });
  const bins = times(transform('outputGradient', 4, 6, dOutputs), transform('weights', 3, 6, weights));
  expectClose(transform('inputGradient', 6, 6, bins, before), expected);
});

test("products of the bins of the outputs' gradients and of the pixels are those of the weights' gradients", () => {
  const expected = new Float64Array(9 * channels);
  eachProduct((output, tap, pixel) => {
    expected[tap] += dOutputs[output] * pixels[pixel];
  });
  const bins = times(transform('outputGradient', 4, 6, dOutputs), transform('input', 6, 6, pixels));
  expectClose(transform('weightGradient', 6, 3, bins), expected);
});

test.for([
  ['input', 14],
  ['output', 10],
  ['outputGradient', 8],
  ['inputGradient', 15],
  ['weights', 11],
  ['weightGradient', 11],
] as const)('a line of %s takes %i instructions a half cell at most', ([name, most]) => {
  const arithmetic = /= (f32x4\.\w+|multiply\w+)\(/;
  expect(countIn(text, `${name}Row`, arithmetic)).toBeLessThanOrEqual(2 * most);
});
