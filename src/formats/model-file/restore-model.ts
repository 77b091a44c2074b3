import type { serialization, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { firstLineOf, inputError } from '../../errors.ts';
import { isObject, show } from '../../model/keras/config/layer-config.ts';
import { buildLayersModel } from '../../model/tfjs/build-layers-model.ts';
import { writeWeights } from '../../model/tfjs/layers-model.ts';
import { namedParameters } from '../../model/tfjs/opaque-network.ts';
import { plainTensorflow } from '../../model/tfjs/plain-tensorflow.ts';
import { inFile } from '../in-file.ts';
import type { ModelSource, NamedWeight } from '../model-source.ts';
import { openModel, withWayOut } from './read-model.ts';

/**
 * The layers model that a file holds, with its weights, as tf.loadLayersModel makes it; compiled, and its optimizer as
 * it was, where the file says so.
 * @throws GradpoolError that names the file
 */
export async function restoreModel(file: string): Promise<LayersModel> {
  const source = await openModel(file);
  const core = await plainTensorflow();
  return inFile(file, async () => {
    const model = build(core.serialization, source);
    try {
      const { parameters, parameterCount } = namedParameters(model.weights);
      const saved = await source.readWeights({ parameters, parameterCount });
      if (saved === undefined)
        throw inputError('Expected it to list weights, got a model without; train it first');
      writeWeights(core.tensor, model.weights, { parameters }, saved.parameters);
      if (source.metadata !== undefined) model.setUserDefinedMetadata(source.metadata);
      await compileAs(source, model, (weight) => asTensor(core.tensor, weight), saved.optimizer);
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  });
}

function build(registry: typeof serialization, { topology, wayOut }: ModelSource): LayersModel {
  try {
    return buildLayersModel(registry, topology, false);
  } catch (error) {
    throw withWayOut(error, wayOut);
  }
}

async function compileAs(
  { trainingConfig }: ModelSource,
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
