import { importLayers } from '../model/import-layers.ts';
import type { Network } from '../model/network.ts';
import { loadTensorflow, type Tensorflow } from '../tensorflow-package.ts';
import { chooseEngine } from './choose-engine.ts';
import type {
  Engine,
  EngineContext,
  EngineFactory,
  ExampleBatch,
  GradientRequest,
  ShardRequest,
} from './engine.ts';
import { readExamples } from './tensorflow/examples.ts';
import { backendOf, registerGradients } from './tensorflow/gradients.ts';
import { createModel, type SeededModel } from './tensorflow/model.ts';
import { createPass, type Pass } from './tensorflow/pass.ts';

/**
 * @tensorflow/tfjs-node: the model itself, with TensorFlow.js's own layers and autodiff on TensorFlow's kernels.
 * Each parameter begins on a cache line, so that TensorFlow reads it where it lies in the shared memory; of a gradient
 * there are two copies, the one that the binding makes and the one in the shard's slot.
 */
export const tensorflowEngine: EngineFactory = {
  name: 'tensorflow',
  startsAlone: true,
  supports(layer) {
    if (layer.kind !== 'batchNormalization' || (layer.gamma && layer.beta)) return undefined;
    return 'TensorFlow.js normalizes batches with `scale` and `center` only';
  },
  plan({ network }) {
    const { binding } = backendOf(loadTensorflow(chooseEngine('auto', network).reason));
    const { floats, stateFloats } = placesOf(network);
    return {
      parameterFloats: floats,
      slotFloats: floats,
      stateFloats,
      constantFloats: 0,
      derivedFloats: 0,
      batchBytes: 0,
      arenaBytes: 0,
      arithmetic: { kernels: `tensorflow-${binding.TF_Version}`, multiplyAdd: 'fused' },
    };
  },
  async load({ network: { opaque } }) {
    threadsTensorflow(opaque?.reason);
    if (opaque?.layersModule !== undefined) await importLayers(opaque.layersModule);
  },
  create(context) {
    const tf = threadsTensorflow(chooseEngine('auto', context.network).reason);
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
  const { places, floats } = placesOf(network);
  const view = (offset: number, count: number) => new Float32Array(memory.buffer, offset, count);
  const parameter = (buffer: number, index: number) =>
    view(buffer + places[index] * 4, network.parameters[index].size);
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
    if (shard.count === 0) return { loss: 0, correct: 0 };
    const examples = readExamples(context, request, first, shard.count);
    const place = { step: request.step, position: request.position + first };
    const { predictions, ...sums } = pass.gradient(examples, place, (weight, values) =>
      slot.set(values, places[weight]),
    );
    writePredictions(request.predictionsOffset, first, predictions);
    for (const [index, weight] of model.weights.entries()) {
      if (index < model.trainable.length) continue;
      // A step's own averages begin with those before it, in every shard; the update takes their mean.
      const before = parameter(request.parametersOffset, index);
      const after = weight.dataSync<'float32'>();
      for (let i = 0; i < before.length; i++) slot[places[index] + i] = (after[i] - before[i]) * shard.count;
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
    evaluate(batch: ExampleBatch) {
      if (batch.count === 0) return { loss: 0, correct: 0 };
      setWeights(batch.parametersOffset);
      const { predictions, ...sums } = pass.evaluate(readExamples(context, batch, 0, batch.count));
      writePredictions(batch.predictionsOffset, 0, predictions);
      return sums;
    },
    sumDeferred: () => {},
    derivations: [],
    pack(naturalOffset, packedOffset) {
      view(packedOffset, floats).fill(0);
      for (const [index, { offset, size }] of network.parameters.entries())
        parameter(packedOffset, index).set(view(naturalOffset + offset * 4, size));
    },
    unpack(packedOffset, naturalOffset) {
      for (const [index, { offset, size }] of network.parameters.entries())
        view(naturalOffset + offset * 4, size).set(parameter(packedOffset, index));
    },
  };
}

/** Where each parameter begins in the engine's own order, in floats: on cache lines, which TensorFlow wants. */
function placesOf({ parameters, parameterCount, stateCount }: Network) {
  const places: number[] = [];
  let floats = 0;
  let stateStart: number | undefined;
  for (const { offset, size } of parameters) {
    if (offset >= parameterCount - stateCount) stateStart ??= floats;
    places.push(floats);
    floats += Math.ceil(size / 16) * 16;
  }
  return { places, floats, stateFloats: floats - (stateStart ?? floats) };
}

/**
 * The binding keeps a set of names for the whole process, which it changes without a lock at each first use: a
 * complete step here, while no other thread uses TensorFlow, leaves only look-ups for later.
 */
function warmUp({ input, classes }: Network, pass: Pass): void {
  const count = 2;
  const examples = {
    count,
    inputs: new Float32Array(count * input.reduce((product, size) => product * size, 1)),
    targets: new Float32Array(count * classes),
    weights: new Float32Array(count).fill(1),
  };
  pass.gradient(examples, { step: 1, position: 0 }, () => {});
  pass.evaluate(examples);
}
