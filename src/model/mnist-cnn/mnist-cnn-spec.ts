import { anything, checkOptions, integer } from '../../check.ts';
import { usageError } from '../../errors.ts';
import type { ImageShape, Shape } from '../../shape.ts';
import { shown } from '../../shown.ts';
import { initialValues } from '../initial/initial-values.ts';
import { readNetwork } from '../keras/read-network.ts';
import type { ModelSpec } from '../model-spec.ts';

/** What `mnistCnn` makes. */
export interface MnistCnnOptions {
  /** Of the initial values. Default 1. */
  readonly seed?: number;
  /** [height, width, channels], at least 4 by 4. Default [28, 28, 1]. */
  readonly inputShape?: Shape;
  /** At least 2. Default 10. */
  readonly classes?: number;
}

/**
 * The network of TensorFlow's MNIST tutorial as plain data, without loading TensorFlow.js (`mnistCnn` makes the
 * layers model): two convolutions of 5x5 with max pooling, a dense layer of 1024, dropout 0.4, logits.
 * Glorot uniform kernels, zero biases. 3,274,634 parameters for images of [28, 28, 1] and 10 classes.
 * @throws GradpoolError of kind 'usage' for images or classes that it cannot be made for
 */
export function mnistCnnSpec(options: MnistCnnOptions = {}): ModelSpec {
  checkOptions(options, { seed: anything, inputShape: anything, classes: anything });
  const seed = integer('seed', options.seed ?? 1, 0);
  const { topology, network } = mnistCnnArchitecture(options);
  return { topology, network, parameters: initialValues(network, seed) };
}

/** The same without values, which take seconds to draw for large images. */
export function mnistCnnArchitecture({
  inputShape,
  classes,
}: Pick<MnistCnnOptions, 'inputShape' | 'classes'>): Pick<ModelSpec, 'topology' | 'network'> {
  const outputs = integer('classes', classes ?? 10, 2, 2 ** 20);
  const topology = topologyOf(imageShape(inputShape ?? [28, 28, 1]), outputs);
  return { topology, network: readNetwork(topology) };
}

function imageShape(shape: Shape): ImageShape {
  const [height, width, channels] = Array.isArray(shape) ? shape : [];
  const whole =
    Array.isArray(shape) && shape.length === 3 && shape.every((size) => Number.isInteger(size) && size >= 1);
  if (!whole || height < 4 || width < 4)
    throw usageError(
      `Expected \`inputShape\` to be [height, width, channels] with images of at least 4 by 4, which pooling halves twice, got ${shown(shape)}`,
    );
  return [height, width, channels];
}

/** Exactly what `toJSON(null, false)` gives for the layers model, so that both are one model to whoever compares. */
const topologyOf = (inputShape: ImageShape, classes: number) => ({
  class_name: 'Sequential',
  config: {
    name: 'mnist_cnn',
    layers: [
      conv2d('conv2d_1', 32, { batch_input_shape: [null, ...inputShape], dtype: 'float32' }),
      maxPooling2d('max_pooling2d_1'),
      conv2d('conv2d_2', 64),
      maxPooling2d('max_pooling2d_2'),
      { class_name: 'Flatten', config: { name: 'flatten', trainable: true } },
      dense('dense', 1024, 'relu'),
      {
        class_name: 'Dropout',
        config: { rate: 0.4, noise_shape: null, seed: null, name: 'dropout', trainable: true },
      },
      dense('logits', classes, 'linear'),
    ],
  },
  keras_version: 'tfjs-layers 4.22.0',
  backend: 'tensor_flow.js',
});

const conv2d = (name: string, filters: number, first: object = {}) => ({
  class_name: 'Conv2D',
  config: {
    filters,
    kernel_initializer: glorotUniform(),
    kernel_regularizer: null,
    kernel_constraint: null,
    kernel_size: [5, 5],
    strides: [1, 1],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'relu',
    use_bias: true,
    bias_initializer: zeros(),
    bias_regularizer: null,
    activity_regularizer: null,
    bias_constraint: null,
    name,
    trainable: true,
    ...first,
  },
});

const maxPooling2d = (name: string) => ({
  class_name: 'MaxPooling2D',
  config: {
    pool_size: [2, 2],
    padding: 'valid',
    strides: [2, 2],
    data_format: 'channels_last',
    name,
    trainable: true,
  },
});

const dense = (name: string, units: number, activation: string) => ({
  class_name: 'Dense',
  config: {
    units,
    activation,
    use_bias: true,
    kernel_initializer: glorotUniform(),
    bias_initializer: zeros(),
    kernel_regularizer: null,
    bias_regularizer: null,
    activity_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
    name,
    trainable: true,
  },
});

const glorotUniform = () => ({
  class_name: 'VarianceScaling',
  config: { scale: 1, mode: 'fan_avg', distribution: 'uniform', seed: null },
});

const zeros = () => ({ class_name: 'Zeros', config: {} });
