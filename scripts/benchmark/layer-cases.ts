/** A layer alone, between one that trains (so that its input's gradient is wanted) and a small classifier. */
import { type Dataset, dataset } from '../../src/data/dataset.ts';
import { initialValues } from '../../src/model/initial/initial-values.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import { type Shape, sizeOf } from '../../src/shape.ts';

export interface LayerCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly train: Dataset;
  /** Values of an example that the layer reads and writes. */
  readonly values: number;
}

/** The name of the layer that is measured. */
export const measuredLayer = 'measured';

/** Keras's class, its configuration, and how many inputs it reads. */
type Described = readonly [className: string, config?: object, inputs?: number];

const image: Shape = [32, 32, 32];
const sequence: Shape = [64, 64];
const kernel = { kernel_initializer: 'glorot_uniform' };
const recurrent = { units: 64, recurrent_initializer: 'glorot_uniform', ...kernel };
const activations = [
  'relu',
  'sigmoid',
  'tanh',
  'elu',
  'selu',
  'softplus',
  'softsign',
  'swish',
  'mish',
  'gelu',
];

const described: readonly (readonly [Shape, Described])[] = [
  ...activations.map((activation) => [image, ['Activation', { activation }]] as const),
  [image, ['Softmax', { axis: -1 }]],
  [image, ['PReLU']],
  [image, ['BatchNormalization']],
  [image, ['LayerNormalization', { axis: -1 }]],
  [image, ['DepthwiseConv2D', { kernel_size: [3, 3], padding: 'same', depth_multiplier: 1 }]],
  [
    image,
    ['Conv2D', { filters: 32, kernel_size: [3, 3], padding: 'same', dilation_rate: [2, 2], ...kernel }],
  ],
  [
    image,
    ['Conv2DTranspose', { filters: 16, kernel_size: [3, 3], strides: [2, 2], padding: 'same', ...kernel }],
  ],
  [image, ['MaxPooling2D', { pool_size: [2, 2] }]],
  [image, ['MaxPooling2D', { pool_size: [3, 3], strides: [2, 2] }]],
  [image, ['AveragePooling2D', { pool_size: [2, 2] }]],
  [image, ['UpSampling2D', { size: [2, 2] }]],
  [image, ['UpSampling2D', { size: [2, 2], interpolation: 'bilinear' }]],
  [image, ['ZeroPadding2D', { padding: [1, 1] }]],
  [image, ['Dropout', { rate: 0.4 }]],
  [image, ['GaussianDropout', { rate: 0.4 }]],
  [image, ['GaussianNoise', { stddev: 0.1 }]],
  [image, ['AlphaDropout', { rate: 0.4 }]],
  [image, ['Add', {}, 2]],
  [image, ['Multiply', {}, 2]],
  [image, ['Concatenate', {}, 2]],
  [sequence, ['SimpleRNN', recurrent]],
  [sequence, ['LSTM', recurrent]],
  [sequence, ['GRU', { ...recurrent, reset_after: false }]],
  [sequence, ['Conv1D', { filters: 64, kernel_size: [5], ...kernel }]],
  [sequence, ['Permute', { dims: [2, 1] }]],
  [[200], ['Embedding', { input_dim: 5000, output_dim: 64, input_length: 200 }]],
];

export const layerCases = (): LayerCase[] =>
  described.map(([shape, layer]) => {
    const isWords = layer[0] === 'Embedding';
    const topology = topologyOf(shape, layer, isWords);
    const network = readNetwork(topology);
    const measured = network.layers.findLast(({ name }) => name === measuredLayer);
    return {
      name: nameOf(layer),
      model: { topology, network, parameters: initialValues(network, 1) },
      train: examplesOf(shape, isWords),
      values: sizeOf(shape) * (layer[2] ?? 1) + sizeOf(measured?.output ?? []),
    };
  });

/** The class and its settings, but for what the numbers do not depend on. */
function nameOf([className, config = {}]: Described): string {
  const settings = Object.entries(config)
    .filter(
      ([key]) => !key.endsWith('initializer') && !['reset_after', 'depth_multiplier', 'axis'].includes(key),
    )
    .map(([, value]) => (Array.isArray(value) ? value.join('x') : value));
  return [className, ...settings].join(' ');
}

function topologyOf(shape: Shape, [className, config, inputs = 1]: Described, isWords: boolean): object {
  const layers: { name: string; [key: string]: unknown }[] = [];
  const add = (class_name: string, name: string, settings: object, reads: readonly string[]): string => {
    const inbound_nodes = reads.length === 0 ? [] : [reads.map((read) => [read, 0, 0, {}])];
    layers.push({ class_name, name, config: { name, ...settings }, inbound_nodes });
    return name;
  };
  const input = add('InputLayer', 'input', { batch_input_shape: [null, ...shape] }, []);
  const before = isWords ? input : add('BatchNormalization', 'before', {}, [input]);
  const beside = inputs === 2 ? [add('BatchNormalization', 'beside', {}, [input])] : [];
  const measured = add(className, measuredLayer, config ?? {}, [before, ...beside]);
  const flat = ['SimpleRNN', 'LSTM', 'GRU'].includes(className)
    ? measured
    : add(shape.length === 3 ? 'GlobalAveragePooling2D' : 'GlobalAveragePooling1D', 'mean', {}, [measured]);
  const output = add('Dense', 'output', { units: 10, ...kernel }, [flat]);
  return {
    class_name: 'Model',
    config: { name: 'case', layers, input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] },
  };
}

const examples = 64;

function examplesOf(shape: Shape, isWords: boolean): Dataset {
  const count = examples * sizeOf(shape);
  const inputs = isWords
    ? Int32Array.from({ length: count }, (_, i) => (i * 7919) % 5000)
    : Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898));
  return dataset({ inputs, shape, labels: Array.from({ length: examples }, (_, i) => i % 10), classes: 10 });
}
