/** Two networks each for images of [28, 28, 1], as plain data: TensorFlow.js is not loaded. */
import { anything, checkOptions, integer } from '../../check.ts';
import { initialValues } from '../initial/initial-values.ts';
import { readNetwork } from '../keras/read-network.ts';
import type { ModelSpec } from '../model-spec.ts';
import type { GanPreset } from './preset-names.ts';

/** Values of noise that a preset's generator takes. */
const noiseSize = 100;

/** What makes a preset. */
export interface GanPresetOptions {
  /** Of the initial values. Default 1. */
  readonly seed?: number;
}

export interface GanSpecs {
  readonly generator: ModelSpec;
  readonly discriminator: ModelSpec;
}

/**
 * How a preset is trained where nothing is said. The tutorial trains its discriminator alone before the first joint
 * steps; with its own learning rates, 0.0003 and 0.0001, its generator takes tens of thousands of steps to leave grey.
 */
export const ganPresetTraining: Readonly<
  Record<
    GanPreset,
    { readonly pretrainSteps?: number; readonly learningRate?: number; readonly labelSmoothing?: number }
  >
> = {
  dcgan: {},
  tutorial: { pretrainSteps: 300, learningRate: 0.002, labelSmoothing: 0.1 },
};

/** A preset's networks with initial values, a function of the seed. */
export function ganPresetSpecs(preset: GanPreset, options: GanPresetOptions = {}): GanSpecs {
  checkOptions(options, { seed: anything });
  const seed = integer('seed', options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER - 1);
  const { generator, discriminator } = topologies[preset];
  return { generator: specOf(generator(), seed), discriminator: specOf(discriminator(), seed + 1) };
}

function specOf(topology: object, seed: number): ModelSpec {
  const network = readNetwork(topology);
  return { topology, network, parameters: initialValues(network, seed) };
}

const topologies: Readonly<Record<GanPreset, { generator(): object; discriminator(): object }>> = {
  dcgan: { generator: dcganGenerator, discriminator: dcganDiscriminator },
  tutorial: { generator: tutorialGenerator, discriminator: tutorialDiscriminator },
};

/** Radford, Metz and Chintala, Unsupervised representation learning with DCGANs, 2015; scaled to 28 x 28. */
function dcganGenerator(): object {
  return sequential('dcgan_generator', [
    dense('g_dense', 7 * 7 * 128, { use_bias: false, ...fromNoise }),
    reshape('g_image', [7, 7, 128]),
    batchNormalization('g_normalized1', 0.9),
    layer('ReLU', 'g_relu1'),
    transposed('g_up1', 64, { use_bias: false }),
    batchNormalization('g_normalized2', 0.9),
    layer('ReLU', 'g_relu2'),
    transposed('g_up2', 1, { activation: 'tanh' }),
  ]);
}

function dcganDiscriminator(): object {
  return sequential('dcgan_discriminator', [
    convolution('d_down1', 64, 5, { strides: [2, 2], ...fromImage }),
    leaky('d_leaky1'),
    dropout('d_dropout1', 0.3),
    convolution('d_down2', 128, 5, { strides: [2, 2] }),
    leaky('d_leaky2'),
    dropout('d_dropout2', 0.3),
    layer('Flatten', 'd_flat'),
    dense('d_logit', 1),
  ]);
}

/**
 * The GAN of the O'Reilly tutorial "Generative adversarial networks for beginners" (Bruner and Deshpande, 2017).
 * Where it resizes to 56 x 56, the rows and columns that a stride of 2 has halved are doubled, bilinearly.
 */
function tutorialGenerator(): object {
  const halved = { strides: [2, 2], ...drawn };
  return sequential('tutorial_generator', [
    dense('g_dense', 56 * 56, { ...drawn, ...fromNoise }),
    reshape('g_image', [56, 56, 1]),
    batchNormalization('g_normalized1', 0.9, 1e-5),
    layer('ReLU', 'g_relu1'),
    convolution('g_convolution1', 50, 3, halved),
    batchNormalization('g_normalized2', 0.9, 1e-5),
    layer('ReLU', 'g_relu2'),
    doubled('g_resized1'),
    convolution('g_convolution2', 25, 3, halved),
    batchNormalization('g_normalized3', 0.9, 1e-5),
    layer('ReLU', 'g_relu3'),
    doubled('g_resized2'),
    convolution('g_convolution3', 1, 1, { ...halved, activation: 'sigmoid' }),
  ]);
}

function tutorialDiscriminator(): object {
  return sequential('tutorial_discriminator', [
    convolution('d_convolution1', 32, 5, { activation: 'relu', ...drawn, ...fromImage }),
    averagePooling('d_pooled1'),
    convolution('d_convolution2', 64, 5, { activation: 'relu', ...drawn }),
    averagePooling('d_pooled2'),
    layer('Flatten', 'd_flat'),
    dense('d_dense', 1024, { activation: 'relu', ...drawn }),
    dense('d_logit', 1, drawn),
  ]);
}

const sequential = (name: string, layers: readonly object[]) => ({
  class_name: 'Sequential',
  config: { name, layers },
});

const layer = (className: string, name: string, config: object = {}) => ({
  class_name: className,
  config: { name, trainable: true, ...config },
});

const fromNoise = { batch_input_shape: [null, noiseSize], dtype: 'float32' };
const fromImage = { batch_input_shape: [null, 28, 28, 1], dtype: 'float32' };

/** Glorot's, and zeros for what a layer adds. */
const glorot = {
  kernel_initializer: {
    class_name: 'VarianceScaling',
    config: { scale: 1, mode: 'fan_avg', distribution: 'uniform', seed: null },
  },
};

/** As the tutorial draws its kernels. */
const drawn = {
  kernel_initializer: { class_name: 'TruncatedNormal', config: { mean: 0, stddev: 0.02, seed: null } },
};

const dense = (name: string, units: number, config: object = {}) =>
  layer('Dense', name, { units, activation: 'linear', use_bias: true, ...glorot, ...config });

const convolution = (name: string, filters: number, kernel: number, config: object) =>
  layer('Conv2D', name, {
    ...{ filters, kernel_size: [kernel, kernel], strides: [1, 1], padding: 'same' },
    ...{ activation: 'linear', use_bias: true, ...glorot, ...config },
  });

const transposed = (name: string, filters: number, config: object) =>
  layer('Conv2DTranspose', name, {
    ...{ filters, kernel_size: [5, 5], strides: [2, 2], padding: 'same' },
    ...{ activation: 'linear', use_bias: true, ...glorot, ...config },
  });

const batchNormalization = (name: string, momentum: number, epsilon = 0.001) =>
  layer('BatchNormalization', name, { axis: -1, momentum, epsilon, center: true, scale: true });

const reshape = (name: string, shape: readonly number[]) => layer('Reshape', name, { target_shape: shape });

const leaky = (name: string) => layer('LeakyReLU', name, { alpha: 0.2 });

const dropout = (name: string, rate: number) => layer('Dropout', name, { rate });

const averagePooling = (name: string) =>
  layer('AveragePooling2D', name, { pool_size: [2, 2], strides: [2, 2], padding: 'valid' });

const doubled = (name: string) =>
  layer('UpSampling2D', name, { size: [2, 2], data_format: 'channels_last', interpolation: 'bilinear' });
