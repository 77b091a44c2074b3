import './cpu-backend.ts';
import { tensor } from '@tensorflow/tfjs-core';
import { Sequential } from '@tensorflow/tfjs-layers';
import { camelCased } from './keras-config.ts';
import { writeWeights } from './layers-model.ts';
import { type MnistCnnOptions, mnistCnnSpec } from './mnist-cnn-spec.ts';

/**
 * The network of TensorFlow's MNIST tutorial as a TensorFlow.js layers model that gives logits, with seeded initial
 * values: Glorot uniform kernels, zero biases. `mnistCnnSpec` lists its layers.
 * @throws GradpoolError of kind 'usage' for images or classes that it cannot be made for
 * @example mnistCnn({ seed: 1 }).summary()
 */
export function mnistCnn(options: MnistCnnOptions = {}): Sequential {
  const { topology, network, parameters } = mnistCnnSpec(options);
  const { config } = camelCased(topology) as { config: Config };
  // The layers need not draw values of their own ("fast weight initialization"): they are overwritten here.
  const model = Sequential.fromConfig<Sequential>(Sequential, config, {}, true);
  writeWeights(tensor, model.weights, network, parameters);
  return model;
}

type Config = Parameters<typeof Sequential.fromConfig>[1];
