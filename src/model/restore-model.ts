import { dirname } from 'node:path';
import type { serialization, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../errors.ts';
import { buildLayersModel } from './build-layers-model.ts';
import { kerasWayOut } from './keras3.ts';
import { isObject, show } from './layer-config.ts';
import { inFile, type ModelJson, readModelJson } from './layers-format.ts';
import { writeWeights } from './layers-model.ts';
import { namedParameters } from './opaque-network.ts';
import { plainTensorflow } from './plain-tensorflow.ts';
import { type NamedWeight, readWeights } from './weights-manifest.ts';

/**
 * The layers model of a model.json and the weights beside it, as tf.loadLayersModel makes it; compiled, and its
 * optimizer as it was, where the file says so.
 * @throws GradpoolError that names the file
 */
export async function restoreModel(file: string): Promise<LayersModel> {
  const json = await readModelJson(file);
  const core = await plainTensorflow();
  return inFile(file, async () => {
    const model = build(core.serialization, json);
    try {
      const { parameters, parameterCount } = namedParameters(model.weights);
      const saved = await readWeights(dirname(file), json.weightsManifest, { parameters, parameterCount });
      if (saved === undefined)
        throw inputError('Expected it to list weights, got a model without; train it first');
      writeWeights(core.tensor, model.weights, { parameters }, saved.parameters);
      await compileAs(json, model, (weight) => asTensor(core.tensor, weight), saved.optimizer);
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  });
}

function build(registry: typeof serialization, { topology, isKeras3 }: ModelJson): LayersModel {
  try {
    return buildLayersModel(registry, topology, false);
  } catch (error) {
    throw isKeras3 ? inputError(`${firstLineOf(error)}; ${kerasWayOut}`, error) : error;
  }
}

async function compileAs(
  { trainingConfig }: ModelJson,
  model: LayersModel,
  toTensor: (weight: NamedWeight) => Tensor,
  optimizer: readonly NamedWeight[],
): Promise<void> {
  if (!isObject(trainingConfig)) return;
  const weights = optimizer.map((weight) => ({ name: weight.name, tensor: toTensor(weight) }));
  try {
    model.loadTrainingConfig(trainingConfig as unknown as Parameters<typeof model.loadTrainingConfig>[0]);
    if (weights.length > 0) await model.optimizer.setWeights(weights);
  } catch (error) {
    throw inputError(
      `TensorFlow.js cannot compile the model as its \`trainingConfig\`, ${show(trainingConfig)}, says: ${firstLineOf(error)}; take it out of the file, and compile the model yourself`,
      error,
    );
  } finally {
    for (const { tensor } of weights) tensor.dispose();
  }
}

const asTensor = (
  tensor: typeof import('@tensorflow/tfjs-core').tensor,
  { values, shape, dtype }: NamedWeight,
): Tensor => tensor(values, [...shape], dtype);
