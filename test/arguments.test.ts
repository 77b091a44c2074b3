/** Every argument of every exported function is checked before anything happens, in the words of who called. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import * as api from '../src/index.ts';
import {
  datasets,
  fields,
  fitArgs,
  fitDatasetArgs,
  ganOptions,
  good,
  inferenceOptions,
  init,
  model,
  models,
  paths,
  type Row,
  rowsOfNever,
  tensors,
  trainerOptions,
  trainOptions,
  x,
  y,
} from '../testing/argument-rows.ts';
import { optionNames, optionRows, updatingNames } from '../testing/option-rows.ts';

/** Functions as anybody may call them who has no types. */
type Untyped = (...args: unknown[]) => unknown;
const {
  createTrainer,
  dcgan,
  train,
  trainGan,
  sample,
  evaluate,
  predict,
  fit: fitModel,
  fitDataset,
  dataset,
  readData,
  readDataDirectory,
  streamData,
  readImage,
  readImages,
  readPng,
  mnist,
  mnistCnn,
  loadModel,
  saveModel,
} = api as unknown as Record<keyof typeof api, Untyped>;

/** Of what reads one image. */
const images = (read: Untyped): Row[] => [
  ...paths('path', (value) => read(value, [28, 28, 1])),
  ...rowsOfNever('shape', (value) => read('a.png', value)),
  ...rowsOfNever('options', (value) => read('a.png', [28, 28, 1], value), ['an unprintable object']),
  ...rowsOfNever('invert', (invert) => read('a.png', [28, 28, 1], { invert }), ['null', 'true']),
  [
    'a flat shape',
    () => read('a.png', [784]),
    /`shape` to be a list of 3 whole numbers >= 1, e\.g\. \[28, 28, 1\], got \[784\]/,
  ],
];

/** Of one batch. */
const batches = () => [[x.clone(), y.clone()]];

const network = (inputs: number, units: number) =>
  sequential({ layers: [layers.dense({ inputShape: [inputs], units })] });
const pair = { generator: network(2, 4), discriminator: network(4, 1) };

/** The rows of each exported function. A new export has to get some: the test below asks for them. */
const rows: Record<string, readonly Row[]> = {
  train: [
    ...models((value) => train(value, good)),
    [
      'a model whose weights cannot be set',
      () => train({ toJSON() {}, getWeights() {} }, good),
      /`model`.*toJSON, getWeights$/,
    ],
    ['nothing', () => train(), /`model`/],
    [
      'a model alone',
      () => train(model()),
      /^Expected `data` to be an object, got undefined; pass \{ train, test \}/,
    ],
    ...rowsOfNever('data', (value) => train(model(), value)),
    [
      'a data set in place of data',
      () => train(model(), good.train),
      /^Expected `data\.train` to be an object, got undefined/,
    ],
    ...datasets('data.train', (value) => train(model(), { train: value })),
    ...datasets('data.test', (value) => train(model(), { ...good, test: value })).filter(
      ([what]) => !what.endsWith('is null'),
    ),
    ...trainOptions((options) => train(model(), good, options)),
    ...optionRows((options) => train(model(), good, options), optionNames),
  ],
  createTrainer: [
    ...models((value) => createTrainer(value, good)),
    ...rowsOfNever('data', (value) => createTrainer(model(), value), ['an unprintable object']),
    ...datasets('data.train', (value) => createTrainer(model(), { train: value })),
    ...datasets('data.test', (value) => createTrainer(model(), { ...good, test: value })).filter(
      ([what]) => !what.endsWith('is null'),
    ),
    ...trainerOptions((options) => createTrainer(model(), good, options)),
    ...optionRows((options) => createTrainer(model(), good, options), updatingNames),
    [
      'an option of the loop of train',
      () => createTrainer(model(), good, { steps: 1 }),
      /`options`.*got `steps`$/,
    ],
  ],
  evaluate: [
    ...models((value) => evaluate(value, good.train)),
    ['a model alone', () => evaluate(model()), /^Expected `data` to be an object, got undefined/],
    ...datasets('data', (value) => evaluate(model(), value)),
    ...inferenceOptions((options) => evaluate(model(), good.train, options)),
    ['an option of train', () => evaluate(model(), good.train, { batchSize: 1 }), /got `batchSize`$/],
  ],
  predict: [
    ...models((value) => predict(value, init)),
    [
      'a model alone',
      () => predict(model()),
      /^Expected `examples` to be an object, got undefined; pass \{ inputs, shape \}/,
    ],
    ...rowsOfNever('examples', (value) => predict(model(), value)),
    [
      'bare inputs',
      () => predict(model(), new Float32Array(8)),
      /^Expected `examples` to be an object, got a Float32Array of 8 values; pass \{ inputs, shape \}/,
    ],
    ...fields('examples.', (value) => predict(model(), value)).filter(
      ([what]) => /inputs|shape/.test(what) && !/too short/.test(what),
    ),
    [
      'half an example',
      () => predict(model(), { inputs: new Float32Array(5), shape: [4] }),
      /whole examples of 4 values/,
    ],
    ...inferenceOptions((options) => predict(model(), init, options)),
  ],
  fit: [
    ...models((value) => fitModel(value, x, y)),
    ...tensors('x', (value) => fitModel(model(), value, y)),
    ...tensors('y', (value) => fitModel(model(), x, value)),
    ...fitArgs((args) => fitModel(model(), x, y, args)),
    ...optionRows((args) => fitModel(model(), x, y, { epochs: 1, ...Object(args) }), updatingNames),
  ],
  fitDataset: [
    ...models((value) => fitDataset(value, batches, { epochs: 1 })),
    ...rowsOfNever('dataset', (value) => fitDataset(model(), value, { epochs: 1 })),
    [
      'no data set',
      () => fitDataset(model()),
      'Expected `dataset` to be an object, got undefined; pass a tf.data.Dataset, an iterable of { xs, ys } or [x, y], or a function that returns one',
    ],
    [
      'an object that gives nothing',
      () => fitDataset(model(), {}),
      /^Expected `dataset` to be a data set, got a plain object without fields; pass a tf\.data\.Dataset/,
    ],
    ...fitDatasetArgs((args) => fitDataset(model(), batches, args)),
    ...optionRows((args) => fitDataset(model(), batches, { epochs: 1, ...Object(args) }), updatingNames),
  ],
  dataset: [
    [
      'nothing',
      () => dataset(),
      /^Expected `init` to be an object, got undefined; call dataset\(\{ inputs, labels, shape \}\)$/,
    ],
    ...rowsOfNever('init', (value) => dataset(value), ['an unprintable object']),
    ...fields('', (value) => dataset(value)),
  ],
  readData: [
    ...paths('path', (value) => readData(value)),
    ...rowsOfNever('options', (value) => readData('none', value), ['an unprintable object']),
    ...['label', 'shape', 'testSplit', 'splitSeed'].flatMap((name) =>
      rowsOfNever(name, (value) => readData('none', { [name]: value }), ['null']),
    ),
  ],
  streamData: [
    ...paths('path', (value) => streamData(value)),
    ...rowsOfNever('options', (value) => streamData('none', value), ['an unprintable object']),
    ...['label', 'shape', 'testSplit', 'splitSeed', 'batchSize', 'seed'].flatMap((name) =>
      rowsOfNever(name, (value) => streamData('none', { [name]: value }), ['null']),
    ),
  ],
  readDataDirectory: paths('directory', (value) => readDataDirectory(value)),
  readImage: images(readImage),
  readImages: paths('path', (value) => readImages(value)),
  readPng: images(readPng),
  loadModel: paths('path', (value) => loadModel(value)),
  saveModel: [
    ...models((value) => saveModel(value, 'none')),
    ...paths('path', (value) => saveModel(model(), value)),
    ...rowsOfNever('options', (value) => saveModel(model(), 'none', value), ['an unprintable object']),
    [
      'an optimizer that is a word',
      () => saveModel(model(), 'none', { includeOptimizer: 'yes' }),
      'Expected `includeOptimizer` to be true or false, got the string "yes"',
    ],
    [
      'an unknown option',
      () => saveModel(model(), 'none', { optimizer: true }),
      /includeOptimizer, got `optimizer`$/,
    ],
  ],
  dcgan: [
    ...rowsOfNever('options', (value) => dcgan(value), ['an unprintable object']),
    ['an unknown option', () => dcgan({ classes: 3 }), /`options`.*seed, got `classes`/],
    ...rowsOfNever('seed', (value) => dcgan({ seed: value }), ['null']),
  ],
  trainGan: [
    ...rowsOfNever('models', (value) => trainGan(value, init), ['a proxy that throws']),
    ...(['generator', 'discriminator'] as const).flatMap((name): Row[] => [
      [
        `no ${name}`,
        () => trainGan({ ...pair, [name]: undefined }, init),
        new RegExp(`^Expected \`models\\.${name}\` to be a TensorFlow\\.js layers model.*got undefined$`),
      ],
      [`a ${name} that is a number`, () => trainGan({ ...pair, [name]: 5 }, init), /got the number 5$/],
    ]),
    ['models alone', () => trainGan(pair), /^Expected `data` to be an object, got undefined/],
    ...datasets('data', (value) => trainGan(pair, value)),
    ...ganOptions((options) => trainGan(pair, init, options)),
  ],
  sample: [
    ...rowsOfNever('generator', (value) => sample(value, 1), ['a proxy that throws']),
    ['no count', () => sample(pair.generator), /^Expected `count` to be an integer/],
    ...rowsOfNever('count', (value) => sample(pair.generator, value)),
    ...rowsOfNever('seed', (value) => sample(pair.generator, 1, value)),
  ],
  mnist: paths('directory', (value) => mnist(value)),
  mnistCnn: [
    ...rowsOfNever('options', (value) => mnistCnn(value), ['an unprintable object']),
    ['an unknown option', () => mnistCnn({ class: 3 }), /`options`.*seed, inputShape, classes, got `class`/],
    ...['seed', 'inputShape', 'classes'].flatMap((name) =>
      rowsOfNever(name, (value) => mnistCnn({ [name]: value }), ['null']),
    ),
  ],
};

/** What has no arguments, and what takes any. */
const withoutRows = ['enableWideKernels', 'GradpoolError'];

test('every export that can be called has rows.', () => {
  const callable = Object.entries(api).filter(([, value]) => typeof value === 'function');
  const names = callable.map(([name]) => name).filter((name) => !withoutRows.includes(name));
  expect(Object.keys(rows).sort()).toEqual(names.sort());
});

describe.each(Object.entries(rows))('%s', (_, cases) => {
  test('refuses in one line, at once, what an argument cannot be.', async () => {
    for (const [what, call, message] of cases) {
      const error = await thrownBy(call);
      expect.soft(error, what).toBeInstanceOf(api.GradpoolError);
      const text = error instanceof Error ? error.message : '';
      if (message instanceof RegExp) expect.soft(text, what).toMatch(message);
      else expect.soft(text, what).toContain(message);
      expect.soft(text, what).not.toMatch(/\n|--[a-z]/);
      expect.soft(text.length, text).toBeLessThan(500);
    }
  });
});

async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

test('a mistake of type is of kind usage, one of content of kind input.', async () => {
  expect(await thrownBy(() => dataset({ shape: 2 }))).toMatchObject({ kind: 'usage' });
  expect(await thrownBy(() => dataset({ ...init, labels: [9.5, 0, 0, 0] }))).toMatchObject({ kind: 'input' });
});

test('plain data are taken for what dataset makes of them, by train, evaluate and predict alike.', async () => {
  const made = model();
  const options = { workers: 1 };
  const result = await api.train(made, { train: init, test: init }, { ...options, batchSize: 4, steps: 1 });
  expect(await api.evaluate(made, init, options)).toEqual(result.evaluation);
  expect(await api.evaluate(made, good.train, options)).toEqual(result.evaluation);
  const { classes } = await api.predict(made, init, options);
  expect([...classes]).toEqual([...(await api.predict(made, good.train, options)).classes]);
});

test('a data set cannot be changed once it is made.', () => {
  expect(() => Object.assign(good.train, { classes: 1 })).toThrow(TypeError);
});

test('null stands for an option that is not given.', async () => {
  const none = { workers: 1, steps: null, run: null, onEvent: null, signal: null, engine: null };
  expect(await train(model(), good, { ...none, batchSize: 4, epochs: 1 })).toMatchObject({ globalStep: 1 });
  const gan = { ...none, steps: 1, seed: null, learningRate: null, labelSmoothing: null, sampleEvery: null };
  expect(await trainGan(pair, init, { ...gan, batchSize: 4 })).toMatchObject({ globalStep: 1 });
});

test('a path may be a file: URL.', async () => {
  const file = pathToFileURL(fileURLToPath(new URL('nowhere', import.meta.url)));
  expect(await thrownBy(() => readImages(file))).toMatchObject({
    message: expect.stringContaining(fileURLToPath(file)),
  });
});

test('an error can be made of anything.', () => {
  const make = (...args: unknown[]) => Reflect.construct(api.GradpoolError, args) as api.GradpoolError;
  expect(make('text', { kind: 'usage' })).toMatchObject({ message: 'text', kind: 'usage' });
  expect(make(Symbol('s'), null)).toMatchObject({ message: 'the symbol Symbol(s)', kind: 'input' });
  expect(make('text', { kind: 'other' }).kind).toBe('input');
});
