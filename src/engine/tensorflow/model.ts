import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { inputError } from '../../errors.ts';
import type { Network, Layer as NetworkLayer } from '../../model/network.ts';
import { disturbanceOf } from '../../model/noise-layers.ts';
import { buildLayersModel } from '../../model/tfjs/build-layers-model.ts';
import { withoutSoftmax } from '../../model/tfjs/output-softmax.ts';
import { type RandomPlace, withSeededRandom } from '../../model/tfjs/seeded-random.ts';
import { dropoutFactors, layerWord } from '../../random.ts';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';
import { sizeOf } from '../../shape.ts';
import type { EngineContext } from '../engine.ts';
import { seedRecurrentMasks } from './recurrent-masks.ts';

/** A layers model whose random numbers are functions of seed, step and position. */
export interface SeededModel {
  /** In the order of `model.getWeights()`: those that a gradient moves, then the others. */
  readonly weights: readonly Variable[];
  readonly trainable: readonly Variable[];
  /** What the layers' regularizers add to the mean loss of a training step, each a scalar of the weights of now. */
  penalties(): readonly Scalar[];
  /** @returns each output for inputs [examples, ...input]; with a place as in training, without one as in inference */
  apply(inputs: Tensor[], place: RandomPlace | undefined): Tensor[];
}

type Layer = layers.Layer;

export function createModel(tf: Tensorflow, context: EngineContext): SeededModel {
  const { loss, seed, topology } = context;
  const wanted = 'of' in loss && loss.of === 'logits' ? withoutSoftmax(topology) : topology;
  const model = buildLayersModel(tf.serialization, wanted, false);
  checkTrained(model, context.network);
  const place: { current: RandomPlace } = { current: { step: 0, position: 0 } };
  seedNoise(tf, model, context, place);
  seedRecurrentMasks(tf, allLayers(model), context.network, { seed, place });
  return {
    weights: model.weights.map((weight) => weight.read() as Variable),
    trainable: model.trainableWeights.map((weight) => weight.read() as Variable),
    penalties: () => model.calculateLosses(),
    apply(inputs, training) {
      const given = inputs.length === 1 ? inputs[0] : inputs;
      const call = (training: boolean) => [model.apply(given, { training })].flat() as Tensor[];
      if (training === undefined) return call(false);
      place.current = training;
      return withSeededRandom(seed, training, () => call(true));
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

/** Dropout and noise take the random words that every engine takes: those of the layer's place in the model. */
function seedNoise(
  tf: Tensorflow,
  model: LayersModel,
  { network, seed }: EngineContext,
  place: { readonly current: RandomPlace },
): void {
  // Layers of two nested models may have one name: each takes the next number of it.
  const known = network.layers.filter(({ kind }) => kind === 'dropout' || kind === 'noise');
  const numbers = Map.groupBy(known, ({ name }) => name);
  for (const [position, layer] of allLayers(model).entries()) {
    const own = numbers.get(layer.name)?.shift();
    const write = writerOf(layer, own, own?.index ?? position);
    if (write === undefined) continue;
    layer.call = (inputs, kwargs) => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      if (kwargs.training !== true) return input;
      const [factors, shifts] = [new Float32Array(input.size), new Float32Array(input.size)];
      const size = sizeOf(input.shape.slice(1));
      for (let example = 0; example < input.shape[0]; example++) {
        const of = (values: Float32Array) => values.subarray(example * size, (example + 1) * size);
        write({ seed, ...place.current, example }, of(factors), of(shifts));
      }
      const scaled = tf.mul(input, tf.tensor(factors, input.shape));
      return own?.kind === 'noise' ? tf.add(scaled, tf.tensor(shifts, input.shape)) : scaled;
    };
  }
}

/** Writes what an example's values are multiplied by, and what is then added. */
type Writer = (
  place: RandomPlace & { readonly seed: number; readonly example: number },
  factors: Float32Array,
  shifts: Float32Array,
) => void;

/** Undefined for a layer that is none of these, or draws nothing. */
function writerOf(layer: Layer, own: NetworkLayer | undefined, index: number): Writer | undefined {
  if (own?.kind === 'noise')
    return ({ seed, step, position, example }, factors, shifts) => {
      const words = (place: number) => layerWord(seed, step, index, position + example, place);
      for (let element = 0; element < factors.length; element++) {
        const { factor, shift } = disturbanceOf(own, element, words);
        factors[element] = factor;
        shifts[element] = shift;
      }
    };
  const { rate, noiseShape } = layer as unknown as { rate: number; noiseShape: unknown };
  if (layer.getClassName() !== 'Dropout' || (noiseShape ?? null) !== null || rate === 0) return undefined;
  return ({ seed, step, position, example }, factors) =>
    dropoutFactors(seed, step, index, position + example, rate, factors);
}

/** With those of models that stand as layers in it, in their place. */
const allLayers = (model: LayersModel): Layer[] =>
  model.layers.flatMap((layer) => ('layers' in layer ? allLayers(layer as unknown as LayersModel) : [layer]));
