import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { inputError } from '../../errors.ts';
import { buildLayersModel } from '../../model/build-layers-model.ts';
import { type Network, sizeOf } from '../../model/network.ts';
import { withoutSoftmax } from '../../model/output-softmax.ts';
import { type RandomPlace, withSeededRandom } from '../../model/seeded-random.ts';
import { dropoutFactors } from '../../random.ts';
import type { Tensorflow } from '../../tensorflow-package.ts';
import type { EngineContext } from '../engine.ts';

/** A layers model whose random numbers are functions of seed, step and position. */
export interface SeededModel {
  /** In the order of `model.getWeights()`: those that a gradient moves, then the others. */
  readonly weights: readonly Variable[];
  readonly trainable: readonly Variable[];
  /** What the layers' regularizers add to the mean loss of a training step, each a scalar of the weights of now. */
  penalties(): readonly Scalar[];
  /** @returns the output for inputs [examples, ...input]; with a place as in training, without one as in inference */
  apply(inputs: Tensor, place: RandomPlace | undefined): Tensor;
}

type Layer = layers.Layer;

export function createModel(tf: Tensorflow, context: EngineContext): SeededModel {
  const { loss, seed, topology } = context;
  const wanted = loss.of === 'logits' ? withoutSoftmax(topology) : topology;
  const model = buildLayersModel(tf.serialization, wanted, false);
  checkTrained(model, context.network);
  const place: { current: RandomPlace } = { current: { step: 0, position: 0 } };
  seedDropout(tf, model, context, place);
  return {
    weights: model.weights.map((weight) => weight.read() as Variable),
    trainable: model.trainableWeights.map((weight) => weight.read() as Variable),
    penalties: () => model.calculateLosses(),
    apply(inputs, training) {
      if (training === undefined) return model.apply(inputs, { training: false }) as Tensor;
      place.current = training;
      return withSeededRandom(seed, training, () => model.apply(inputs, { training: true }) as Tensor);
    },
  };
}

/** The coordinator has the parameters in the order of the model that it has seen: this one must train the same. */
function checkTrained(model: LayersModel, { parameters, parameterCount, stateCount }: Network): void {
  const expected = parameters.filter(({ offset }) => offset < parameterCount - stateCount).length;
  const got = model.trainableWeights.length;
  if (got !== expected)
    throw inputError(
      `Expected ${expected} weights of the model to train, got ${got} as its configuration says; freeze whole layers, and no part of a wrapper or a recurrent layer`,
    );
}

/** Dropout layers multiply by the masks that every engine takes: those of the layer's place in the model. */
function seedDropout(
  tf: Tensorflow,
  model: LayersModel,
  { network, seed }: EngineContext,
  place: { readonly current: RandomPlace },
): void {
  // Layers of two nested models may have one name: each takes the next number of it.
  const dropouts = network.layers.filter(({ kind }) => kind === 'dropout');
  const numbers = Map.groupBy(dropouts, ({ name }) => name);
  for (const [position, layer] of allLayers(model).entries()) {
    const index = numbers.get(layer.name)?.shift()?.index ?? position;
    const { rate, noiseShape } = layer as unknown as { rate: number; noiseShape: unknown };
    if (layer.getClassName() !== 'Dropout' || (noiseShape ?? null) !== null) continue;
    layer.call = (inputs, kwargs) => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      if (rate === 0 || kwargs.training !== true) return input;
      const { step, position } = place.current;
      const factors = new Float32Array(input.size);
      const size = sizeOf(input.shape.slice(1));
      for (let example = 0; example < input.shape[0]; example++)
        dropoutFactors(
          seed,
          step,
          index,
          position + example,
          rate,
          factors.subarray(example * size, (example + 1) * size),
        );
      return tf.mul(input, tf.tensor(factors, input.shape));
    };
  }
}

/** With those of models that stand as layers in it, in their place. */
const allLayers = (model: LayersModel): Layer[] =>
  model.layers.flatMap((layer) => ('layers' in layer ? allLayers(layer as unknown as LayersModel) : [layer]));
