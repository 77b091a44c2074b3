/** What the arguments of public functions cannot be, row by row, for every function that takes such an argument. */
import '@tensorflow/tfjs-backend-cpu';
import { tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dataset } from '../src/index.ts';

/** An argument's wrong values, and what its error says; each takes the other arguments as they should be. */
export type Row = readonly [what: string, call: () => unknown, message: RegExp | string];

export const model = () => {
  const made = sequential({ layers: [layers.dense({ inputShape: [4], units: 3 })] });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  return made;
};
export const init = { inputs: new Float32Array(16), labels: [0, 1, 2, 0], shape: [4] };
export const good = { train: dataset(init) };
export const [x, y] = [tensor([[1, 2, 3, 4]]), tensor([[1, 0, 0]])];

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('hostile');
    },
    ownKeys: () => {
      throw new Error('hostile');
    },
  },
);
const unprintable = {
  toString: () => {
    throw new Error('no');
  },
  toJSON: () => {
    throw new Error('no');
  },
};

/** No argument may be any of these. */
const never = {
  null: null,
  'a symbol': Symbol('s'),
  'a bigint': 5n,
  'a proxy that throws': hostile,
  'an unprintable object': unprintable,
  'a promise': Promise.resolve(),
  'a function': () => {},
  true: true,
};

/** A proxy's own error is passed on from where objects are taken apart; elsewhere it is only described. */
const objects = /^(model|data.*|examples|options|args|init|signal|x|y|callbacks|classWeight)$/;

export const rowsOfNever = (
  argument: string,
  call: (value: unknown) => unknown,
  except: readonly string[] = [],
): Row[] =>
  Object.entries(never)
    .filter(([what]) => !except.includes(what) && !(what === 'a proxy that throws' && objects.test(argument)))
    .map(([what, value]) => [`${argument} that is ${what}`, () => call(value), `Expected \`${argument}`]);

export const models = (call: (value: unknown) => unknown): Row[] => [
  ...rowsOfNever('model', call),
  [
    'no model',
    () => call(undefined),
    /^Expected `model` to be a TensorFlow\.js layers model.*got undefined$/,
  ],
  ['a model before its promise', () => call(Promise.resolve(model())), /a promise \(await it first\)/],
  ['a model without weights', () => call({ toJSON() {} }), /`model`.*got a plain object with toJSON$/],
];

export const paths = (
  name: string,
  call: (value: unknown) => unknown,
  except: readonly string[] = [],
): Row[] => [
  ...rowsOfNever(name, call, except),
  [`${name} that is empty`, () => call(''), `Expected \`${name}\` to be a path that is not empty`],
  [`${name} with a null byte`, () => call('a\0b'), `Expected \`${name}\` to be a path that is not empty`],
  [
    `${name} of the web`,
    () => call(new URL('https://x.org/')),
    `Expected \`${name}\` to be a path or a file: URL, got https://x.org/`,
  ],
  [`${name} that is a number`, () => call(5), `Expected \`${name}\` to be a path, got the number 5`],
];

/** What `data` may be wrong in, of an argument that is a data set. */
export const datasets = (name: string, call: (value: unknown) => unknown): Row[] => [
  ...rowsOfNever(name, call),
  [
    `${name} that is a list`,
    () => call([1]),
    `Expected \`${name}\` to be an object, got [1]; pass { inputs, labels, shape }`,
  ],
  ...fields(`${name}.`, call),
];

export const fields = (prefix: string, call: (value: unknown) => unknown): Row[] => {
  const row = (what: string, change: object, message: string): Row => [
    `${prefix}${what}`,
    () => call({ ...init, ...change }),
    message,
  ];
  const wrongInputs = `Expected \`${prefix}inputs\` to be a Uint8Array, an Int32Array or a Float32Array, got`;
  return [
    row('inputs missing', { inputs: undefined }, `${wrongInputs} undefined`),
    row('inputs a list', { inputs: [1, 2] }, `${wrongInputs} [1, 2]; convert it: Float32Array.from(inputs)`),
    row(
      'inputs nested',
      { inputs: [[1], [2]] },
      `${wrongInputs} a list of 2 items; convert its values, flat`,
    ),
    row(
      'inputs of 64 bits',
      { inputs: new Float64Array(16) },
      `${wrongInputs} a Float64Array of 16 values; convert it: Float32Array.from(inputs)`,
    ),
    row('inputs a tensor', { inputs: x }, `${wrongInputs} an object of class Tensor; take a tensor's values`),
    row(
      'inputs too short',
      { inputs: new Float32Array(15) },
      `Expected \`${prefix}inputs\` to hold 4 examples (as many as labels) of 4 values (shape [4]), got 15 values`,
    ),
    row(
      'inputs not finite',
      { inputs: new Float32Array(16).fill(Number.NaN) },
      `Expected \`${prefix}inputs\` to be finite, got NaN at index 0`,
    ),
    row(
      'labels missing',
      { labels: undefined },
      `Expected \`${prefix}labels\` to be a list of class numbers, an array or typed array, got undefined`,
    ),
    row('labels a text', { labels: '0120' }, `Expected \`${prefix}labels\` to be a list`),
    row(
      'labels of half numbers',
      { labels: [0, 0.5, 1, 2] },
      `Expected the label of example 1 (\`${prefix}labels\`) to be a class number from 0 to 65535, got 0.5`,
    ),
    row('labels below 0', { labels: [0, 1, -1, 2] }, `label of example 2 (\`${prefix}labels\`)`),
    row('labels of bigints', { labels: [0n, 1n, 1n, 1n] }, 'got the bigint 0n'),
    row('labels of strings', { labels: ['0', '1', '2', '0'] }, 'got the string "0"'),
    row('labels that are none', { labels: [] }, `Expected \`${prefix}labels\` to hold at least one example`),
    row(
      'shape missing',
      { shape: undefined },
      `Expected \`${prefix}shape\` to be a list of whole numbers >= 1, e.g. [28, 28, 1], got undefined`,
    ),
    row('shape a number', { shape: 2 }, `Expected \`${prefix}shape\` to be a list of whole numbers >= 1`),
    row('shape of strings', { shape: ['4'] }, `Expected \`${prefix}shape\``),
    row(
      'classes a text',
      { classes: '3' },
      `Expected \`${prefix}classes\` to be an integer from 1 to 65536, got the string "3"`,
    ),
    row(
      'classNames a text',
      { classNames: 'abc' },
      `Expected \`${prefix}classNames\` to be a list of names, got the string "abc"`,
    ),
    row(
      'classNames of other classes',
      { classes: 3, classNames: ['a', 'b'] },
      `Expected \`${prefix}classNames\` to be a name for each of 3 classes, got 2`,
    ),
    row(
      'classNames that are alike',
      { classNames: ['a', 'b', 'a'] },
      `Expected \`${prefix}classNames\` to be a name for each class, got \`a\` twice`,
    ),
  ];
};

export const inferenceOptions = (call: (options: unknown) => unknown): Row[] => [
  ...rowsOfNever('options', call, ['an unprintable object']),
  [
    'an unknown option',
    () => call({ worker: 1 }),
    /^Expected the names in `options` to be among (its \d+ options|.*workers, .*), got `worker`; did you mean `workers`\?$/,
  ],
  ['an option far from all', () => call({ frobnicate: 1 }), /got `frobnicate`$/],
  [
    'workers as a text',
    () => call({ workers: '2' }),
    'Expected `workers` to be an integer from 1 to 1024, got the string `2`',
  ],
  ...Object.entries(never)
    .filter(([what]) => what !== 'null')
    .flatMap(([what, value]): Row[] => [
      [`workers that are ${what}`, () => call({ workers: value }), 'Expected `workers` to be an integer'],
      [`an engine that is ${what}`, () => call({ engine: value }), 'Expected `engine` to be'],
      [`simd that is ${what}`, () => call({ simd: value }), 'Expected `simd` to be'],
    ]),
  ...paths('layers', (layers) => call({ layers }), ['null']),
];

/** What a training takes that its caller steps. */
export const trainerOptions = (call: (options: unknown) => unknown): Row[] => [
  ...inferenceOptions(call),
  ...settings(call, [
    'batchSize',
    'learningRate',
    'momentum',
    'optimizer',
    'seed',
    'shards',
    'maxRestarts',
    'stepTimeout',
  ]),
  ...rowsOfNever('onEvent', (onEvent) => call({ onEvent }), ['null', 'a function']),
];

const settings = (call: (options: unknown) => unknown, names: readonly string[]): Row[] =>
  names.flatMap((name) => rowsOfNever(name, (value) => call({ [name]: value }), ['null']));

export const ganOptions = (call: (options: unknown) => unknown): Row[] => [
  ...rowsOfNever('options', call, ['an unprintable object']),
  ['an unknown option', () => call({ step: 1 }), /`options`.*got `step`; did you mean `steps`\?$/],
  ...settings(call, [
    'workers',
    'batchSize',
    'seed',
    'shards',
    'engine',
    'simd',
    'steps',
    'learningRate',
    'beta1',
    'labelSmoothing',
    'discriminatorSteps',
    'generatorSteps',
    'pretrainSteps',
    'sampleEvery',
    'sampleCount',
    'saveEvery',
    'logEvery',
    'maxRestarts',
    'stepTimeout',
    'onNan',
    'signal',
  ]),
  ...rowsOfNever('onEvent', (onEvent) => call({ onEvent }), ['null', 'a function']),
  ...paths('run', (run) => call({ run }), ['null']),
  ...paths('profile', (profile) => call({ profile }), ['null']),
  ['resume without a run', () => call({ resume: true }), /`run` to be the directory of the run to `resume`/],
];

export const trainOptions = (call: (options: unknown) => unknown): Row[] => [
  ...trainerOptions(call),
  ...rowsOfNever('observers', (observers) => call({ observers }), ['null', 'an empty array']),
  [
    'an observer that is none',
    () => call({ observers: [() => {}, 'module.js'] }),
    'Expected `observers[1]` to be a function, got the string "module.js"',
  ],
  ...settings(call, ['steps', 'epochs', 'saveEvery', 'evalEvery', 'logEvery', 'onSaveError', 'onNan']),
  ...['resume', 'allowArithmeticChange', 'reportProbabilities', 'confusion'].flatMap((name): Row[] => [
    ...rowsOfNever(name, (value) => call({ [name]: value }), ['null', 'true']),
    [
      `${name} as a text`,
      () => call({ [name]: 'false' }),
      `Expected \`${name}\` to be true or false, got the string "false"`,
    ],
  ]),
  ...paths('run', (run) => call({ run }), ['null']),
  ...paths('profile', (profile) => call({ profile }), ['null']),
  ...rowsOfNever('signal', (signal) => call({ signal }), ['null']),
  [
    'the controller of a signal',
    () => call({ signal: new AbortController() }),
    /`signal` to be an AbortSignal, got an object of class AbortController; pass its `signal`$/,
  ],
  ['resume without a run', () => call({ resume: true }), /`run` to be the directory of the run to `resume`/],
];

export const fitDatasetArgs = (call: (args: unknown) => unknown): Row[] => [
  ...rowsOfNever('args', call, ['an unprintable object']),
  ['no arguments', () => call(undefined), 'Expected `epochs` to be an integer >= 1, got undefined'],
  ['an unknown argument', () => call({ epochs: 1, batches: 1 }), /`args`.*got `batches`$/],
  ...rowsOfNever('epochs', (epochs) => call({ epochs })),
  ...[
    ...['batchesPerEpoch', 'initialEpoch', 'batchSize', 'batchTimeout', 'validationBatches'],
    ...[
      'validationBatchSize',
      'verbose',
      'yieldEvery',
      'seed',
      'shards',
      'workers',
      'engine',
      'simd',
      'onNan',
    ],
  ].flatMap((name) => rowsOfNever(name, (value) => call({ epochs: 1, [name]: value }), ['null'])),
  ...rowsOfNever('validationData', (validationData) => call({ epochs: 1, validationData }), [
    ...['null', 'a proxy that throws'],
  ]),
  ...rowsOfNever('classWeight', (classWeight) => call({ epochs: 1, classWeight }), [
    ...['null', 'an unprintable object', 'a proxy that throws'],
  ]),
  ...rowsOfNever('callbacks', (callbacks) => call({ epochs: 1, callbacks }), ['null']),
  ...rowsOfNever('onEvent', (onEvent) => call({ epochs: 1, onEvent }), ['null', 'a function']),
  ...rowsOfNever('signal', (signal) => call({ epochs: 1, signal }), ['null']),
];

export const fitArgs = (call: (args: unknown) => unknown): Row[] => [
  ...rowsOfNever('args', call, ['an unprintable object']),
  ['an unknown argument', () => call({ epoch: 1 }), /`args`.*got `epoch`; did you mean `epochs`\?$/],
  ...[
    'epochs',
    'batchSize',
    'initialEpoch',
    'verbose',
    'validationSplit',
    'validationData',
    'seed',
    'shards',
    'workers',
    'engine',
    'simd',
    'yieldEvery',
  ].flatMap((name) => rowsOfNever(name, (value) => call({ [name]: value }), ['null'])),
  ...rowsOfNever('shuffle', (shuffle) => call({ shuffle }), ['null', 'true']),
  ...rowsOfNever('classWeight', (classWeight) => call({ classWeight }), [
    'null',
    'an unprintable object',
    'a proxy that throws',
  ]),
  ...rowsOfNever('callbacks', (callbacks) => call({ callbacks }), ['null']),
  [
    'callbacks with one that is none',
    () => call({ callbacks: [{}, 5] }),
    'Expected `callbacks[1]` to be an object, got the number 5',
  ],
  [
    'a hook that is no function',
    () => call({ callbacks: { onEpochEnd: 'x' } }),
    'Expected `callbacks.onEpochEnd` to be a function, got the string "x"',
  ],
  [
    'a misspelt hook',
    () => call({ callbacks: { onEpochDone() {} } }),
    /`callbacks`.*got `onEpochDone`; did you mean `onEpochEnd`\?/,
  ],
  [
    'callbacks without a hook',
    () => call({ callbacks: { epochEnd() {} } }),
    /`callbacks` to be an object with onTrainBegin, .*got a plain object with epochEnd/,
  ],
];

export const tensors = (name: string, call: (value: unknown) => unknown): Row[] => [
  ...rowsOfNever(name, call),
  [`no ${name}`, () => call(undefined), `Expected \`${name}\` to be a tensor, got undefined`],
  [
    `${name} of numbers`,
    () => call([[1, 2, 3, 4]]),
    `Expected \`${name}\` to be a tensor, got a list of 1 item; make one: tf.tensor(...)`,
  ],
  [
    `${name} of a typed array`,
    () => call(new Float32Array(4)),
    `Expected \`${name}\` to be a tensor, got a Float32Array of 4 values; make one`,
  ],
];
