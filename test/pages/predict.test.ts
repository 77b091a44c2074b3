/** What the page's worker computes: that is plain code, which runs here as it does there. */
import { describe, expect, test } from 'vitest';
import { digitOf } from '../../src/browser/pad/digit.ts';
import { chooseInBrowser } from '../../src/browser/predictor/choose.ts';
import { createPredictor } from '../../src/browser/predictor/predict.ts';
import { withUnsharedMemory } from '../../src/browser/predictor/unshared.ts';
import { predict } from '../../src/coordinator/inference.ts';
import { unlabelled } from '../../src/data/unlabelled.ts';
import { readKernels } from '../../src/kernels/compile-kernels.ts';
import { classifierLoss } from '../../src/loss/loss-of.ts';
import { initialValues } from '../../src/model/initial/initial-values.ts';
import type { Network } from '../../src/model/network.ts';
import { branchedNetwork, digitNetwork, firstDigits, fourierNetwork } from '../../testing/digits.ts';

const digits = await firstDigits(5);
const networks: Record<string, Network> = { digitNetwork, fourierNetwork, branchedNetwork };

/** No variance is negative. */
const parametersOf = (network: Network) => initialValues(network, 3).map(Math.abs);

/** As the server sends it. */
const overTheWire = (network: Network): Network => JSON.parse(JSON.stringify(network));

async function predictions(network: Network, isShared: boolean, variant: 'relaxed' | 'portable') {
  const bytes = await readKernels(variant);
  const predictor = createPredictor({
    ...{ network: overTheWire(network), loss: classifierLoss, parameters: parametersOf(network) },
    kernels: await WebAssembly.compile(isShared ? bytes : withUnsharedMemory(bytes)),
    createMemory: (pages) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared }),
  });
  const rows = Array.from({ length: digits.count }, (_, row) =>
    predictor.predict(digits.inputs.slice(row * 784, (row + 1) * 784) as Uint8Array),
  );
  return rows.flatMap((row) => [...row]);
}

describe.for(Object.entries(networks))('%s', ([, network]) => {
  test.for([
    ['relaxed', true],
    ['relaxed', false],
    ['portable', true],
    ['portable', false],
  ] as const)(
    'has the bits that predict gives, %s kernels, shared memory: %s',
    async ([variant, isShared]) => {
      const model = { network, topology: {}, parameters: parametersOf(network) };
      const data = unlabelled(digits);
      const expected = await predict({ model, data, workers: 1, engine: 'wasm', simd: variant });
      expect(await predictions(network, isShared, variant)).toEqual([...expected.probabilities]);
    },
  );
});

test('what imports no shared memory is not taken for the kernels', () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  expect(() => withUnsharedMemory(empty)).toThrow(/imports shared memory/);
});

test('a browser that has everything lacks nothing', async () => {
  const { lacks, createMemory } = await chooseInBrowser(readKernels);
  expect(lacks).toBeUndefined();
  expect(createMemory(1).buffer).toBeInstanceOf(SharedArrayBuffer);
});

describe('A drawing as an image', () => {
  const line = (...points: [number, number][]) => points.map(([x, y]) => ({ x, y }));
  /** Rows and columns with ink, and its centre of mass. */
  function measured(image: Uint8Array) {
    const ink = [...image].flatMap((value, at) =>
      value > 0 ? [{ x: at % 28, y: Math.floor(at / 28), value }] : [],
    );
    const mass = ink.reduce((sum, { value }) => sum + value, 0);
    const centre = (of: 'x' | 'y') =>
      ink.reduce((sum, pixel) => sum + (pixel[of] + 0.5) * pixel.value, 0) / mass;
    const side = (of: 'x' | 'y') => {
      const places = ink.map((pixel) => pixel[of]);
      return Math.max(...places) - Math.min(...places) + 1;
    };
    return { width: side('x'), height: side('y'), x: centre('x'), y: centre('y') };
  }
  const seven = [line([10, 10], [60, 10], [30, 90])];

  test('stands in a box of 20 x 20, its centre of mass in the middle', () => {
    const { width, height, x, y } = measured(digitOf(seven));
    expect(height).toBe(20);
    expect(width).toBeGreaterThan(10);
    expect(width).toBeLessThan(17);
    expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
  });

  test('is the same, however large and wherever it was drawn', () => {
    const moved = seven.map((stroke) => stroke.map(({ x, y }) => ({ x: 500 + 4 * x, y: 4 * y - 90 })));
    expect(digitOf(moved)).toEqual(digitOf(seven));
  });

  test('has soft edges, and full ink within', () => {
    const values = new Set(digitOf(seven));
    expect(values).toContain(255);
    expect(values.size).toBeGreaterThan(8);
  });

  test('of a single point is a dot, and of nothing is empty', () => {
    const { width, height } = measured(digitOf([line([40, 40])]));
    expect([width, height]).toEqual([3, 3]);
    expect(digitOf([]).every((value) => value === 0)).toBe(true);
  });

  test('has the size of the images that a model takes', () => {
    const image = digitOf(seven, 32, 48);
    expect(image).toHaveLength(32 * 48);
    expect(image.some((value) => value === 255)).toBe(true);
  });
});
