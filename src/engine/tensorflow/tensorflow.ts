import { outputEnds } from '../../model/ends.ts';
import type { Network } from '../../model/network.ts';
import { importLayers } from '../../model/tfjs/import-layers.ts';
import { importOwn } from '../../model/tfjs/own-functions.ts';
import { loadTensorflow, type Tensorflow } from '../../runtime/tensorflow-package.ts';
import type {
  Engine,
  EngineContext,
  EngineFactory,
  ExampleSums,
  GradientRequest,
  ShardRequest,
} from '../engine.ts';
import {
  constrainedWeights,
  packWeights,
  planOfPlaces,
  unpackWeights,
  weightPlaces,
} from '../weight-places.ts';
import { readExamples } from './examples.ts';
import { backendOf, registerGradients } from './gradients.ts';
import { createModel, type SeededModel } from './model.ts';
import { createPass, type Pass } from './pass.ts';
import { lackOf } from './supports.ts';

/**
 * @tensorflow/tfjs-node: the model itself, with TensorFlow.js's own layers and autodiff on TensorFlow's kernels.
 * Each parameter begins on a cache line, so that TensorFlow reads it where it lies in the shared memory; of a gradient
 * there are two copies, the one that the binding makes and the one in the shard's slot.
 */
export const tensorflowEngine: EngineFactory = {
  name: 'tensorflow',
  startsAlone: true,
  supports: lackOf,
  plan({ network, reason }) {
    const { binding } = backendOf(loadTensorflow(reason));
    return {
      ...planOfPlaces(network),
      arithmetic: { kernels: `tensorflow-${binding.TF_Version}`, multiplyAdd: 'fused' },
    };
  },
  async load({ network: { opaque }, loss, ownMetrics = [] }) {
    threadsTensorflow(opaque?.reason);
    if (opaque?.layersModule !== undefined) await importLayers(opaque.layersModule);
    const losses = [loss].flat().flatMap((one) => (one.name === 'own' ? [one.function] : []));
    await importOwn([...losses, ...ownMetrics.map((metric) => metric.function)]);
  },
  create(context) {
    const tf = threadsTensorflow(context.network.opaque?.reason);
    const model = createModel(tf, context);
    const pass = createPass(tf, model, context);
    warmUp(context.network, pass);
    return createEngine(tf, model, pass, context);
  },
};

let loaded: Tensorflow | undefined;

/** Once a thread. */
function threadsTensorflow(reason: string | undefined): Tensorflow {
  if (loaded !== undefined) return loaded;
  loaded = loadTensorflow(reason);
  loaded.enableProdMode();
  registerGradients(loaded);
  return loaded;
}

function createEngine(tf: Tensorflow, model: SeededModel, pass: Pass, context: EngineContext): Engine {
  const { network, memory } = context;
  const { weights: places, floats } = weightPlaces(network);
  const view = (offset: number, count: number) => new Float32Array(memory.buffer, offset, count);
  const parameter = (buffer: number, index: number) =>
    view(buffer + places[index].first * 4, network.parameters[index].size);
  const setWeights = (buffer: number) => {
    for (const [index, weight] of model.weights.entries()) {
      const values = tf.tensor(parameter(buffer, index), weight.shape);
      weight.assign(values);
      values.dispose();
    }
  };
  const writePredictions = (offset: number, first: number, values: Float32Array) =>
    view(offset + first * network.classes * 4, values.length).set(values);

  const shardGradient = (request: GradientRequest, shard: ShardRequest, first: number) => {
    const slot = view(shard.gradientOffset, floats).fill(0);
    if (shard.count === 0) return noSums(context);
    const examples = readExamples(context, request, first, shard.count);
    const place = { step: request.step, position: request.position + first };
    const { predictions, ...sums } = pass.gradient(examples, place, (weight, values) =>
      slot.set(values, places[weight].first),
    );
    writePredictions(request.predictionsOffset, first, predictions);
    for (const [index, weight] of model.weights.entries()) {
      if (index < model.trainable.length) continue;
      // A step's own averages begin with those before it, in every shard; the update takes their mean.
      const before = parameter(request.parametersOffset, index);
      const after = weight.dataSync<'float32'>();
      for (let i = 0; i < before.length; i++)
        slot[places[index].first + i] = (after[i] - before[i]) * shard.count;
    }
    return sums;
  };

  return {
    gradient(request) {
      let first = 0;
      return request.shards.map((shard) => {
        if (first === 0 || model.trainable.length < model.weights.length)
          setWeights(request.parametersOffset);
        const sums = shardGradient(request, shard, first);
        first += shard.count;
        return sums;
      });
    },
    evaluate(batch, counts = [batch.count]) {
      if (batch.count > 0) setWeights(batch.parametersOffset);
      let first = 0;
      return counts.map((count) => {
        first += count;
        if (count === 0) return noSums(context);
        const { predictions, ...sums } = pass.evaluate(readExamples(context, batch, first - count, count));
        writePredictions(batch.predictionsOffset, first - count, predictions);
        return sums;
      });
    },
    sumDeferred: () => {},
    addPenalties: () => {},
    constraints: constrainedWeights(network, memory.buffer),
    derivations: [],
    pack: (naturalOffset, packedOffset) =>
      packWeights(network, view(naturalOffset, network.parameterCount), view(packedOffset, floats)),
    unpack: (packedOffset, naturalOffset) =>
      unpackWeights(network, view(packedOffset, floats), view(naturalOffset, network.parameterCount)),
  };
}

/** Of no examples. */
function noSums({ network, ownMetrics = [] }: EngineContext): ExampleSums {
  const outputs = outputEnds(network).map(() => 0);
  const own = ownMetrics.map(() => 0);
  return { loss: 0, correct: 0, own, ...(outputs.length > 1 ? { outputs } : {}) };
}

/**
 * The binding keeps a set of names for the whole process, which it changes without a lock at each first use: a
 * complete step here, while no other thread uses TensorFlow, leaves only look-ups for later.
 */
function warmUp(network: Network, pass: Pass): void {
  const { input, classes } = network;
  const count = 2;
  const examples = {
    count,
    inputs: new Float32Array(count * input.reduce((product, size) => product * size, 1)),
    targets: new Float32Array(count * classes),
    weights: new Float32Array(count * outputEnds(network).length).fill(1),
  };
  pass.gradient(examples, { step: 1, position: 0 }, () => {});
  pass.evaluate(examples);
}
