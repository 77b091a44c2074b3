import type { Sequential } from '@tensorflow/tfjs-layers';
import { sequentialModel } from '../tfjs/sequential-model.ts';
import { type MnistCnnOptions, mnistCnnSpec } from './mnist-cnn-spec.ts';

/**
 * The network of TensorFlow's MNIST tutorial as a TensorFlow.js layers model that gives logits, with seeded initial
 * values: Glorot uniform kernels, zero biases. `mnistCnnSpec` lists its layers.
 * @throws GradpoolError of kind 'usage' for images or classes that it cannot be made for
 * @example mnistCnn({ seed: 1 }).summary()
 */
export function mnistCnn(options: MnistCnnOptions = {}): Sequential {
  return sequentialModel(mnistCnnSpec(options));
}
