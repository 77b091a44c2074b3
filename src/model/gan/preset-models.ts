import type { Sequential } from '@tensorflow/tfjs-layers';
import { sequentialModel } from '../tfjs/sequential-model.ts';
import { type GanPresetOptions, ganPresetSpecs } from './presets.ts';

/**
 * A DCGAN for images of [28, 28, 1] as two TensorFlow.js layers models with seeded initial values: a generator of 100
 * values of noise (dense, two transposed convolutions of 5x5, batch normalisation, tanh) and a discriminator that gives
 * one logit (two strided convolutions of 5x5, leaky ReLU, dropout 0.3).
 * Source: Radford, Metz and Chintala, Unsupervised representation learning with deep convolutional generative
 * adversarial networks, 2015.
 * @throws GradpoolError of kind 'usage' for a seed that is none
 * @example await trainGan(dcgan({ seed: 1 }), (await mnist()).train, { steps: 2000 });
 */
export function dcgan(options: GanPresetOptions = {}): { generator: Sequential; discriminator: Sequential } {
  const { generator, discriminator } = ganPresetSpecs('dcgan', options);
  return { generator: sequentialModel(generator), discriminator: sequentialModel(discriminator) };
}
