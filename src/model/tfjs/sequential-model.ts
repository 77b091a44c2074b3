import './cpu-backend.ts';
import { tensor } from '@tensorflow/tfjs-core';
import { Sequential } from '@tensorflow/tfjs-layers';
import { camelCased } from '../keras/config/keras-config.ts';
import type { ModelSpec } from '../model-spec.ts';
import { writeWeights } from './layers-model.ts';

/** A sequential model as a TensorFlow.js layers model that holds the given values. */
export function sequentialModel({ topology, network, parameters }: ModelSpec): Sequential {
  const { config } = camelCased(topology) as { config: Config };
  // The layers need not draw values of their own ("fast weight initialization"): they are overwritten here.
  const model = Sequential.fromConfig<Sequential>(Sequential, config, {}, true);
  writeWeights(tensor, model.weights, network, parameters);
  return model;
}

type Config = Parameters<typeof Sequential.fromConfig>[1];
