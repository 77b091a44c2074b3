/** How normalisation and layers on sequences are read. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { describe, expect, test } from 'vitest';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { layerCases } from '../../../testing/fit/layer-models.ts';

describe('shapes, parameters and their order agree with the model of', () => {
  test.for(Object.entries(layerCases))('%s', ([, { model }]) => {
    const made = model();
    const { network } = modelSpec(made);
    expect(network.parameters.map(({ shape, size }) => ({ shape, size }))).toEqual(
      made.weights.map(({ shape }) => ({
        shape,
        size: shape.reduce<number>((size, length) => size * (length ?? 1), 1),
      })),
    );
    expect(network.output).toEqual(made.outputs[0].shape.slice(1));
    made.dispose();
  });
});

const inner = (class_name: string) => ({ class_name, config: { name: 'inner', units: 2 } });

const read = (class_name: string, input: readonly number[], config: object) =>
  readNetwork({
    class_name: 'Sequential',
    config: {
      name: 'model',
      layers: [
        { class_name, config: { name: 'it', batch_input_shape: [null, ...input], ...config } },
        { class_name: 'Flatten', config: { name: 'flat' } },
        { class_name: 'Dense', config: { name: 'logits', units: 3 } },
      ],
    },
  });

describe('what is not computed is refused by its field:', () => {
  test.for([
    ['LayerNormalization', [3, 4], { axis: 1 }, '`axis` is 1, and not the last one'],
    ['LayerNormalization', [3, 4], { axis: [1, 2] }, '`axis` is [1,2], and not the last one'],
    ['LayerNormalization', [3, 4], { epsilon: -1 }, 'Expected `epsilon` of layer "it" (LayerNormalization)'],
    ['Embedding', [3], { input_dim: 5, output_dim: 2, mask_zero: 1 }, 'Expected `mask_zero` of layer "it"'],
    [
      'Embedding',
      [3, 2],
      { input_dim: 5, output_dim: 2, mask_zero: true },
      '`mask_zero` is true, for more than',
    ],
    ['Masking', [3], {}, 'to be sequences, [times, features], got the shape [3]'],
    [
      'Embedding',
      [3],
      { input_dim: 5, output_dim: 2, input_length: 4 },
      "to be its input's shape [3], got 4",
    ],
    ['Embedding', [3], { input_dim: 2 ** 25, output_dim: 2 }, '`input_dim` of layer "it" (Embedding)'],
    ['Embedding', [3], { input_dim: 5 }, '`output_dim` of layer "it" (Embedding)'],
    [
      'LSTM',
      [3],
      { units: 2 },
      'the input of layer "it" (LSTM) to be sequences, [times, features], got the shape [3]',
    ],
    ['LSTM', [3, 4], { units: 2, return_state: true }, '`return_state` is true'],
    ['LSTM', [3, 4], { units: 2, unroll: true }, '`unroll` is true'],
    ['LSTM', [3, 4], { units: 2, recurrent_activation: 'softmax' }, '`recurrent_activation` is "softmax"'],
    ['LSTM', [3, 4], { units: 2, recurrent_dropout: 1 }, '`recurrent_dropout` of layer "it" (LSTM)'],
    ['GRU', [3, 4], { units: 2, reset_after: true }, '`reset_after` is true'],
    ['SimpleRNN', [3, 4], { units: 2, recurrent_regularizer: {} }, '`recurrent_regularizer` is {}'],
    [
      'SimpleRNN',
      [3, 4],
      { units: 2, activity_regularizer: {} },
      'Expected layer "it" (SimpleRNN) to have no activity regularizer, which neither TensorFlow.js nor gradpool computes, got {}',
    ],
    [
      'RNN',
      [3, 4],
      { cell: { class_name: 'LSTMCell', config: { name: 'cell', units: 2, dropout: 0.5 } } },
      '`dropout` of its cell is 0.5: TensorFlow.js drops by the mask of the first batch for ever',
    ],
    ['RNN', [3, 4], { cell: { class_name: 'OwnCell', config: { name: 'cell' } } }, 'its cell is "OwnCell"'],
    [
      'RNN',
      [3, 4],
      { cell: 3 },
      'Expected `cell` of layer "it" (RNN) to be a cell, { class_name, config }, got 3',
    ],
    ['TimeDistributed', [3, 4, 5], { layer: inner('SpatialDropout1D') }, 'its layer is "SpatialDropout1D"'],
    [
      'TimeDistributed',
      [3, 4, 5],
      { layer: { class_name: 'LSTM', config: { name: 'inner', units: 2, dropout: 0.5 } } },
      '`dropout` of its layer is 0.5',
    ],
    [
      'TimeDistributed',
      [3, 4],
      { layer: { class_name: 'BatchNormalization', config: { name: 'inner' } } },
      'it is called more than once, and moves its averages each time',
    ],
    ['TimeDistributed', [500, 4, 1], { layer: inner('LSTM') }, 'its layer would be called 500 times'],
    ['Bidirectional', [3, 4], { layer: inner('LSTM'), merge_mode: null }, '`merge_mode` is null'],
    ['Bidirectional', [3, 4], { layer: inner('Dense') }, 'its layer is "Dense"'],
    ['Bidirectional', [3, 4], { layer: 3 }, 'Expected `layer` of layer "it" (Bidirectional)'],
    [
      'TimeDistributed',
      [3, 4],
      { layer: inner('LSTM') },
      'Expected the input of layer "it" (LSTM) to be sequences, [times, features], got the shape [4]',
    ],
    ['TimeDistributed', [3], { layer: inner('Dense') }, 'to be sequences, [times, ...], got the shape [3]'],
  ] as const)('%s of %j with %j', ([name, input, config, message]) => {
    expect(() => read(name, input, config)).toThrow(message);
  });
});

test('regularizers are read by the names and with the factors that TensorFlow.js has', () => {
  const penaltyOf = (kernel_regularizer: unknown) => {
    const config = { name: 'it', batch_input_shape: [null, 2], units: 2, kernel_regularizer };
    const dense = { class_name: 'Dense', config };
    return readNetwork({ class_name: 'Sequential', config: { layers: [dense] } }).parameters[0].penalty;
  };
  expect(penaltyOf(null)).toBeUndefined();
  expect(penaltyOf('l1l2')).toEqual({ l1: 0.01, l2: 0.01 });
  expect(penaltyOf({ class_name: 'L1L2', config: { l1: 0, l2: 0.5 } })).toEqual({ l1: 0, l2: 0.5 });
  expect(penaltyOf({ class_name: 'L2', config: { l2: 0.5 } })).toEqual({ l1: 0, l2: 0.5 });
  expect(penaltyOf({ class_name: 'L1L2', config: { l1: 0, l2: 0 } })).toBeUndefined();
  expect(() => penaltyOf({ class_name: 'L1L2', config: { l1: 'much' } })).toThrow(
    'Expected `kernel_regularizer` of layer "it" (Dense) to be a regularizer with finite factors `l1` and `l2`',
  );
});

test('constraints are read by the names and with the settings that TensorFlow.js has', () => {
  const constraintOf = (kernel_constraint: unknown) => {
    const config = { name: 'it', batch_input_shape: [null, 2], units: 2, kernel_constraint };
    const dense = { class_name: 'Dense', config };
    return readNetwork({ class_name: 'Sequential', config: { layers: [dense] } }).parameters[0].constraint;
  };
  const norm = (least: number, most: number, rate = 1, axes = [0]) => ({
    kind: 'norm',
    axes,
    least,
    most,
    rate,
  });
  expect(constraintOf(null)).toBeUndefined();
  expect(constraintOf('nonNeg')).toEqual({ kind: 'nonNegative' });
  expect(constraintOf({ class_name: 'NonNeg', config: {} })).toEqual({ kind: 'nonNegative' });
  expect(constraintOf('maxNorm')).toEqual(norm(0, 2));
  expect(constraintOf({ class_name: 'max_norm', config: { max_value: 3, axis: -1 } })).toEqual(
    norm(0, 3, 1, [1]),
  );
  expect(constraintOf({ class_name: 'UnitNorm', config: { axis: [1, 0] } })).toEqual(norm(1, 1, 1, [0, 1]));
  expect(constraintOf({ class_name: 'MinMaxNorm', config: { min_value: 0.5, rate: 0.1 } })).toEqual(
    norm(0.5, 1, 0.1),
  );
  const settings =
    'Expected `kernel_constraint` of layer "it" (Dense) to be a constraint with finite numbers and axes from 0 to 1';
  expect(() => constraintOf({ class_name: 'UnitNorm', config: { axis: 2 } })).toThrow(settings);
  expect(() => constraintOf({ class_name: 'MaxNorm', config: { max_value: 'much' } })).toThrow(settings);
  expect(() => constraintOf({ class_name: 'RadialConstraint', config: {} })).toThrow(
    '`kernel_constraint` is {"class_name":"RadialConstraint"',
  );
});

test('an embedding behind another layer is refused', () => {
  const dense = { class_name: 'Dense', config: { name: 'first', batch_input_shape: [null, 3], units: 4 } };
  const late = { class_name: 'Embedding', config: { name: 'late', input_dim: 5, output_dim: 2 } };
  const reading = (trainable: boolean) =>
    readNetwork({
      class_name: 'Sequential',
      config: { layers: [{ ...dense, config: { ...dense.config, trainable } }, late] },
    });
  expect(() => reading(false)).toThrow(
    `"late" (Embedding) is not supported by the embedded engines: it does not read an input of the model`,
  );
  expect(() => reading(true)).toThrow(
    'Expected layer "late" (Embedding) to read words, got the output of a layer that trains, "first": it gives no gradient back, so that would learn nothing',
  );
});

describe('a mask that TensorFlow.js would hand on in ways of its own is refused:', () => {
  const embedding = {
    class_name: 'Embedding',
    config: { name: 'words', batch_input_shape: [null, 4], input_dim: 5, output_dim: 2, mask_zero: true },
  };
  const layer = (class_name: string, config: object) => ({
    class_name,
    config: { name: class_name.toLowerCase(), ...config },
  });
  test.for([
    [
      [layer('GRU', { units: 2 }), layer('RepeatVector', { n: 3 }), layer('LSTM', { units: 2 })],
      '"lstm" (LSTM) is not supported by the embedded engines: TensorFlow.js hands it the mask of another',
    ],
    [
      [{ class_name: 'Sequential', config: { name: 'inner', layers: [layer('Dense', { units: 2 })] } }],
      '"inner" (Sequential) is not supported by the embedded engines: a mask would go into a model in it',
    ],
  ] as const)('%j', ([others, message]) => {
    expect(() =>
      readNetwork({ class_name: 'Sequential', config: { name: 'outer', layers: [embedding, ...others] } }),
    ).toThrow(message);
  });

  test('those that meet, in front of a recurrent layer', () => {
    const from = (name: string) => [name, 0, 0, {}];
    const read = (class_name: string, name: string, config: object, ...inputs: string[]) => ({
      ...{ class_name, name, config: { name, ...config } },
      inbound_nodes: inputs.length === 0 ? [] : [inputs.map(from)],
    });
    const words = { input_dim: 5, output_dim: 2, mask_zero: true };
    const model = (last: string) => ({
      class_name: 'Model',
      config: {
        name: 'model',
        layers: [
          read('InputLayer', 'in', { batch_input_shape: [null, 4] }),
          read('Embedding', 'one', words, 'in'),
          read('Embedding', 'two', words, 'in'),
          read('Add', 'sum', {}, 'one', 'two'),
          read(last, 'last', { units: 2 }, 'sum'),
        ],
        input_layers: [['in', 0, 0]],
        output_layers: [['last', 0, 0]],
      },
    });
    expect(() => readNetwork(model('LSTM'))).toThrow(
      '"last" (LSTM) is not supported by the embedded engines: it would read the masks that layer "sum" (Add) puts together',
    );
    expect(readNetwork(model('Dense')).layers.map(({ kind }) => kind)).not.toContain('mask');
  });
});
