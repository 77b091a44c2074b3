import { describe, expect, test } from 'vitest';
import { initialValues } from '../../../src/model/initial/initial-values.ts';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { keyOf, philox } from '../../../src/random.ts';
import { conv2d, dense, model } from '../../../testing/model/topologies.ts';

/** A kernel of [inputs, units] and no bias. */
const kernelNetwork = (initializer: unknown, inputs = 200, units = 300) =>
  readNetwork(
    model(
      dense({ batch_input_shape: [null, inputs], units, use_bias: false, kernel_initializer: initializer }),
    ),
  );
const kernel = (class_name: string, config: object = {}, seed = 1) =>
  initialValues(kernelNetwork({ class_name, config }), seed);

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length - mean(values) ** 2);
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The words of (seed, initial values, parameter), straight from Philox. */
function wordsOf(seed: number, parameter: number, count: number): number[] {
  const block = new Uint32Array(4);
  const words: number[] = [];
  for (let counter = 0; words.length < count; counter++) {
    philox(counter, 0, parameter, 2 << 24, ...keyOf(seed), block);
    words.push(...block);
  }
  return words.slice(0, count);
}
const unit = (word: number) => (word + 0.5) / 4294967296;

describe('initialValues draws', () => {
  test('uniform values that are the words of Philox, scaled', () => {
    const network = readNetwork(
      model(
        dense({
          batch_input_shape: [null, 3],
          bias_initializer: { class_name: 'RandomUniform', config: { minval: -2, maxval: 6 } },
          kernel_initializer: { class_name: 'GlorotUniform', config: {} },
        }),
      ),
    );
    const limit = Math.sqrt(6 / (3 + 2));
    const expected = [
      ...wordsOf(42, 0, 6).map((word) => -limit + 2 * limit * unit(word)),
      ...wordsOf(42, 1, 2).map((word) => -2 + 8 * unit(word)),
    ];
    expect(initialValues(network, 42)).toEqual(Float32Array.from(expected));
  });

  test('these very values for seed 1, whatever else changes', () => {
    const network = kernelNetwork('glorot_uniform', 2, 2);
    expect([...initialValues(network, 1)]).toEqual([
      -1.108960747718811, 0.04847332835197449, -0.2451690435409546, 0.16905082762241364,
    ]);
  });

  test('normal values from pairs of words', () => {
    const [a, b, c, d] = wordsOf(3, 0, 4).map(unit);
    const values = kernel('RandomNormal', { mean: 5, stddev: 2 }, 3);
    expect(values[0]).toBeCloseTo(5 + 2 * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b), 5);
    expect(values[1]).toBeCloseTo(5 + 2 * Math.sqrt(-2 * Math.log(c)) * Math.cos(2 * Math.PI * d), 5);
  });

  test('the same values again, others for another seed, and others for the next parameter', () => {
    const network = readNetwork(
      model(
        dense({ batch_input_shape: [null, 4], units: 4, use_bias: false }),
        dense({ name: 'next', units: 4, use_bias: false }),
      ),
    );
    const values = initialValues(network, 5);
    expect(initialValues(network, 5)).toEqual(values);
    expect(initialValues(network, 6)).not.toEqual(values);
    expect(initialValues(network, 5 + 2 ** 32)).not.toEqual(values);
    expect(values.slice(0, 16)).not.toEqual(values.slice(16));
  });
});

// 60,000 values: the mean of a sample lies within 4 / sqrt(60000) = 0.016 deviations, its deviation within 1.2 %.
describe('initialValues follows the distribution of', () => {
  const truncation = 0.8796; // the deviation of a standard normal distribution cut at two
  test.each<[string, string, object, number, number, number]>([
    ['RandomUniform', 'RandomUniform', { minval: -1, maxval: 3 }, 1, 4 / Math.sqrt(12), 3],
    ['RandomUniform by default', 'RandomUniform', {}, 0, 0.1 / Math.sqrt(12), 0.05],
    ['RandomNormal', 'RandomNormal', { mean: -2, stddev: 0.5 }, -2, 0.5, 6],
    ['TruncatedNormal', 'TruncatedNormal', { mean: 1, stddev: 2 }, 1, 2 * truncation, 5],
    ['GlorotUniform', 'GlorotUniform', {}, 0, Math.sqrt(1 / 250), Math.sqrt(3 / 250)],
    ['GlorotNormal', 'GlorotNormal', {}, 0, truncation * Math.sqrt(1 / 250), 2 * Math.sqrt(1 / 250)],
    ['HeUniform', 'HeUniform', {}, 0, Math.sqrt(2 / 200), Math.sqrt(6 / 200)],
    ['HeNormal', 'HeNormal', {}, 0, truncation * Math.sqrt(2 / 200), 2 * Math.sqrt(2 / 200)],
    ['LeCunUniform', 'LeCunUniform', {}, 0, Math.sqrt(1 / 200), Math.sqrt(3 / 200)],
    ['LeCunNormal', 'lecun_normal', {}, 0, truncation * Math.sqrt(1 / 200), 2 * Math.sqrt(1 / 200)],
    [
      'VarianceScaling by default',
      'VarianceScaling',
      {},
      0,
      truncation * Math.sqrt(1 / 200),
      2 * Math.sqrt(1 / 200),
    ],
    [
      'VarianceScaling by fan_out',
      'VarianceScaling',
      { scale: 3, mode: 'fan_out', distribution: 'uniform', seed: null },
      0,
      Math.sqrt(3 / 300),
      Math.sqrt(9 / 300),
    ],
    [
      'VarianceScaling by fan_avg',
      'VarianceScaling',
      { scale: 3, mode: 'fan_avg', distribution: 'truncated_normal' },
      0,
      truncation * Math.sqrt(3 / 250),
      2 * Math.sqrt(3 / 250),
    ],
  ])('%s', (_, className, config, center, spread, bound) => {
    const values = kernel(className, config);
    expect(Math.abs(mean(values) - center)).toBeLessThan(0.016 * spread);
    expect(Math.abs(deviation(values) / spread - 1)).toBeLessThan(0.012);
    expect(largest(values)).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest(values)).toBeGreaterThan(0.5 * bound);
  });

  test.each([
    ['Zeros', {}, 0],
    ['Ones', {}, 1],
    ['Constant', { value: -0.75 }, -0.75],
    ['Constant', {}, 0],
  ])('%s %j: the same value everywhere', (className, config, value) => {
    expect(kernel(className, config).every((element) => element === value)).toBe(true);
  });
});

test("initialValues counts a convolution's receptive field into its fans", () => {
  const network = readNetwork(
    model(
      conv2d({
        batch_input_shape: [null, 5, 5, 10],
        filters: 90,
        kernel_size: [5, 3],
        use_bias: false,
        kernel_initializer: 'heUniform',
      }),
      { class_name: 'Flatten', config: { name: 'flatten' } },
    ),
  );
  const limit = Math.sqrt(6 / (5 * 3 * 10));
  const values = initialValues(network, 1);
  expect(largest(values)).toBeLessThanOrEqual(Math.fround(limit));
  expect(largest(values)).toBeGreaterThan(0.999 * limit);
});

test('initialValues takes the root of its size for both fans of a bias, as TensorFlow.js does', () => {
  const network = readNetwork(
    model(dense({ batch_input_shape: [null, 1], units: 10_000, bias_initializer: 'glorot_uniform' })),
  );
  const bias = initialValues(network, 1).subarray(10_000);
  expect(largest(bias)).toBeGreaterThan(0.99 * Math.sqrt(3 / 100));
  expect(largest(bias)).toBeLessThanOrEqual(Math.fround(Math.sqrt(3 / 100)));
});

describe('initialValues refuses', () => {
  test('an initializer that it does not know, by name', () => {
    expect(() => kernel('Magic')).toThrow(
      'The initializer "Magic" of "dense/kernel" is not supported: take glorotUniform,',
    );
  });

  test.each([
    [
      'RandomNormal',
      { stddev: 'wide' },
      '`stddev` of the initializer of "dense/kernel" to be a finite number, got "wide"',
    ],
    [
      'VarianceScaling',
      { scale: -1 },
      '`scale` of the initializer of "dense/kernel" to be a finite number >= 0, got -1',
    ],
    [
      'VarianceScaling',
      { mode: 'fan' },
      '`mode` of the initializer of "dense/kernel" to be fan_in, fan_out or fan_avg',
    ],
    ['VarianceScaling', { distribution: 'cauchy' }, '`distribution` of the initializer of "dense/kernel"'],
  ])('%s of %j', (className, config, message) => {
    expect(() => kernel(className, config)).toThrow(message);
  });
});
