/** The shapes of what Keras 3 writes, as tensorflowjs_converter puts them into a model.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inWordsOfKeras2, isOfKeras3 } from '../../../src/model/keras/keras3.ts';
import { readNetwork } from '../../../src/model/keras/read-network.ts';

const policy = (name: string) => ({
  ...{ module: 'keras', class_name: 'DTypePolicy', config: { name }, registered_name: null },
});
const of3 = (class_name: string, config: object, more: object = {}) => ({
  ...{
    module: 'keras.layers',
    class_name,
    config,
    registered_name: null,
    build_config: { input_shape: [null, 3] },
  },
  ...more,
});
const initializer = (class_name: string) => ({
  ...{ module: 'keras.initializers', class_name, config: { seed: null }, registered_name: null },
});
const input = of3('InputLayer', {
  batch_shape: [null, 3],
  dtype: 'float32',
  sparse: false,
  ragged: false,
  name: 'in',
});
const dense = (fields: object = {}) => ({
  ...{
    name: 'dense',
    trainable: true,
    dtype: policy('float32'),
    units: 2,
    activation: 'linear',
    use_bias: true,
  },
  ...{ kernel_initializer: initializer('GlorotUniform'), bias_initializer: initializer('Zeros') },
  ...{
    kernel_regularizer: null,
    bias_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
    ...fields,
  },
});
const sequential = (...layers: object[]) => ({
  keras_version: '3.6.0',
  backend: 'tensorflow',
  model_config: of3('Sequential', { name: 'sequential', trainable: true, dtype: policy('float32'), layers }),
});
const tensor = (layer: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3], dtype: 'float32', keras_history: [layer, 0, 0] },
});

describe('a model of Keras 3', () => {
  test('that is sequential is read as the same one of Keras 2.', () => {
    const topology = sequential(input, of3('Dense', dense()));
    expect(isOfKeras3(topology)).toBe(true);
    const network = readNetwork(inWordsOfKeras2(topology));
    expect(network).toMatchObject({ input: [3], output: [2], parameterCount: 8 });
    expect(JSON.stringify(inWordsOfKeras2(topology))).not.toMatch(
      /module|registered_name|DTypePolicy|build_config/,
    );
  });

  test.each(['mixed_float16', 'bfloat16'])('with the dtype policy %s is refused by it.', (name) => {
    const topology = sequential(input, of3('Dense', dense({ dtype: policy(name) })));
    expect(() => readNetwork(inWordsOfKeras2(topology))).toThrow(
      `Layer "dense" (Dense) is not supported by the embedded engines: \`dtype\` is "${name}"`,
    );
  });

  test('has its L2 as one of L1L2, which TensorFlow.js knows.', () => {
    const l2 = {
      module: 'keras.regularizers',
      class_name: 'L2',
      config: { l2: 0.01 },
      registered_name: null,
    };
    const converted = JSON.stringify(
      inWordsOfKeras2(sequential(input, of3('Dense', dense({ kernel_regularizer: l2 })))),
    );
    expect(converted).toContain('"kernel_regularizer":{"class_name":"L1L2","config":{"l1":0,"l2":0.01}}');
  });

  test('that is functional has its connections as lists of names.', () => {
    const node = (given: unknown) => [{ args: [given], kwargs: { mask: null, training: false } }];
    const topology = of3('Functional', {
      name: 'model',
      layers: [
        { ...input, name: 'in', inbound_nodes: [] },
        of3('Dense', dense(), { name: 'dense', inbound_nodes: node(tensor('in')) }),
        of3('Add', { name: 'add' }, { name: 'add', inbound_nodes: node([tensor('dense'), tensor('dense')]) }),
      ],
      input_layers: ['in', 0, 0],
      output_layers: [['add', 0, 0]],
    });
    expect(inWordsOfKeras2(topology)).toMatchObject({
      config: {
        layers: [
          {},
          { inbound_nodes: [[['in', 0, 0, {}]]] },
          {
            inbound_nodes: [
              [
                ['dense', 0, 0, {}],
                ['dense', 0, 0, {}],
              ],
            ],
          },
        ],
        input_layers: [['in', 0, 0]],
        output_layers: [['add', 0, 0]],
      },
    });
  });

  test('whose connections have another form is refused by the layer and by Keras 3, with the way out.', () => {
    const odd = of3('Dense', dense(), {
      name: 'dense',
      inbound_nodes: [{ args: [], kwargs: { x: tensor('in') } }],
    });
    const topology = of3('Functional', { layers: [input, odd] });
    expect(() => inWordsOfKeras2(topology)).toThrow(
      /layer "dense" \(Dense\).*Keras 3.*TF_USE_LEGACY_KERAS=1/,
    );
  });
});

/** Written by Keras 3.8.0 itself; test/fixtures/keras3/README.md says how. */
const written = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../../fixtures/keras3/${name}.json`, import.meta.url), 'utf8'));

test.each([
  ['sequential', 'conv2d batchNormalization activation maxPooling2d dropout dense activation dense'],
  ['functional', 'conv2d activation conv2d add batchNormalization activation concatenate dropout dense'],
])('a %s model as Keras 3 itself writes it is read with all its layers.', (name, kinds) => {
  expect(isOfKeras3(written(name))).toBe(true);
  const network = readNetwork(inWordsOfKeras2(written(name)));
  expect(network.layers.map(({ kind }) => kind).join(' ')).toBe(kinds);
  expect(network).toMatchObject({ input: [6, 6, 1], output: [3] });
});

test('the slope of a LeakyReLU of Keras 3 is kept.', () => {
  const { layers } = readNetwork(inWordsOfKeras2(written('functional')));
  expect(layers).toContainEqual(expect.objectContaining({ activation: 'leakyReLU', setting: 0.2 }));
});

test('an activation of Keras 3 keeps its meaning: silu is swish, and its hard_sigmoid is not that of TensorFlow.js.', () => {
  const model = (activation: string) => ({
    class_name: 'Sequential',
    config: {
      layers: [
        { class_name: 'InputLayer', config: { name: 'in', batch_shape: [null, 3] } },
        { class_name: 'Dense', config: { name: 'a', units: 2, activation } },
      ],
    },
  });
  const { layers } = readNetwork(inWordsOfKeras2(model('silu')));
  expect(layers).toContainEqual(expect.objectContaining({ activation: 'swish' }));
  expect(() => readNetwork(inWordsOfKeras2(model('hard_sigmoid')))).toThrow(
    'its activation is "hard_sigmoid of Keras 3"',
  );
});

test('what Keras 2 and TensorFlow.js write is not taken for it.', () => {
  const topology = {
    class_name: 'Sequential',
    config: { layers: [{ class_name: 'Dense', config: { name: 'a' } }] },
  };
  expect(isOfKeras3(topology)).toBe(false);
  expect(isOfKeras3({ model_config: topology, keras_version: '2.15.0' })).toBe(false);
});
