/** Models on the tensorflow engine, most of which the embedded engines do not know: against TensorFlow.js's own steps. */
import '../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { model as functional, input, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { dataset, evaluate, type GradpoolError, train } from '../src/index.ts';
import { modelSpec, writeWeights } from '../src/model/tfjs/layers-model.ts';
import { loadTensorflow } from '../src/runtime/tensorflow-package.ts';
import { parametersFor, relativeError, uniform } from '../testing/engine/values.ts';
import { missing } from '../testing/tensorflow.ts';
import { Fragile } from './fixtures/fragile-layer.js';
import { Scale } from './fixtures/scale-layer.js';

type Symbolic = ReturnType<typeof input>;

const layersModule = join(import.meta.dirname, 'fixtures', 'scale-layer.js');
const learningRate = 0.05;
const examples = 12;

const convLstm = (settings: object) => layers.convLstm2d({ filters: 2, kernelSize: 3, ...settings });
const classifier = { units: 3, name: 'logits' };
/** Each has a layer that only TensorFlow.js computes: one of its own, or of a kind that stays with the tensorflow engine. */
const models: Record<string, () => LayersModel> = {
  'two branches that meet': () => {
    const image = input({ shape: [8, 8, 2] });
    const one = layers
      .conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' })
      .apply(image);
    const other = layers
      .depthwiseConv2d({ kernelSize: 3, padding: 'same' })
      .apply(new Scale({}).apply(image));
    const joined = layers.concatenate().apply([one as Symbolic, other as Symbolic]);
    const flat = layers.globalAveragePooling2d({}).apply(joined);
    return functional({ inputs: image, outputs: layers.dense(classifier).apply(flat) as Symbolic });
  },
  'a convolution of volumes': () =>
    sequential({
      layers: [
        layers.conv3d({ inputShape: [4, 4, 4, 2], filters: 4, kernelSize: 3, activation: 'tanh' }),
        layers.flatten(),
        layers.dense(classifier),
      ],
    }),
  'a recurrent layer': () =>
    sequential({
      layers: [convLstm({ inputShape: [3, 4, 4, 2] }), layers.flatten(), layers.dense(classifier)],
    }),
  'a recurrent layer in both directions': () =>
    sequential({
      layers: [
        layers.bidirectional({
          layer: convLstm({ returnSequences: true }) as never,
          inputShape: [3, 4, 4, 1],
          mergeMode: 'concat',
        }),
        layers.flatten(),
        layers.dense({ ...classifier, activation: 'softmax' }),
      ],
    }),
  'a layer of its own': () =>
    sequential({
      layers: [layers.dense({ inputShape: [7], units: 5 }), new Scale({}), layers.dense(classifier)],
    }),
  'a frozen layer': () =>
    sequential({
      layers: [
        layers.dense({ inputShape: [7], units: 5, activation: 'elu', trainable: false }),
        new Scale({}),
        layers.dense(classifier),
      ],
    }),
};

const labels = Uint32Array.from({ length: examples }, (_, i) => i % 3);

function dataFor(model: LayersModel, inputs?: Float32Array) {
  const shape = model.inputs[0].shape.slice(1) as number[];
  const size = shape.reduce((product, value) => product * value, 1);
  return dataset({ inputs: inputs ?? uniform(31, examples * size, -1, 1), labels, shape, classes: 3 });
}

/** One step of TensorFlow.js on the whole batch, with its JavaScript backend. */
function plainStep(model: LayersModel, inputs: Float32Array): Float32Array[] {
  const x = tf.tensor(inputs, [examples, ...(model.inputs[0].shape.slice(1) as number[])]);
  const targets = tf.oneHot(tf.tensor1d(Array.from(labels), 'int32'), 3);
  const endsInSoftmax = model.layers.at(-1)?.getConfig().activation === 'softmax';
  tf.train.sgd(learningRate).minimize(
    () => {
      const output = model.apply(x, { training: true }) as tf.Tensor;
      return endsInSoftmax
        ? (tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.log(output)), 1))) as tf.Scalar)
        : (tf.losses.softmaxCrossEntropy(targets, output) as tf.Scalar);
    },
    false,
    model.trainableWeights.map((weight) => weight.read() as tf.Variable),
  );
  return valuesOf(model);
}

const valuesOf = (model: LayersModel) =>
  model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());

const settings = { workers: 2, steps: 1, batchSize: examples, shards: 5, momentum: 0, learningRate };

describe('engine auto trains what the embedded engines do not know with tensorflow', () => {
  beforeEach(({ skip }) => {
    skip(missing !== undefined, missing);
    // Recurrent layers can only be made with all of TensorFlow.js.
    loadTensorflow();
  });

  test.for(Object.entries(models))('%s', async ([, create]) => {
    await tf.setBackend('cpu');
    const model = create();
    const { network } = modelSpec(model);
    writeWeights(tf.tensor, model.weights, network, parametersFor(network));
    const data = dataFor(model);
    const before = valuesOf(model);
    const plain = plainStep(model, data.inputs as Float32Array);
    writeWeights(tf.tensor, model.weights, network, parametersFor(network));
    const engines: string[] = [];
    await train(
      model,
      { train: data, test: data },
      {
        ...settings,
        layers: layersModule,
        onEvent: (event) => void (event.kind === 'start' && engines.push(event.engine)),
      },
    );
    expect(engines).toEqual(['tensorflow']);
    for (const [index, after] of valuesOf(model).entries()) {
      const change = (to: Float32Array) => Float64Array.from(to, (value, i) => value - before[index][i]);
      const error = relativeError(change(after), change(plain[index]));
      expect(error, model.weights[index].name).toBeLessThanOrEqual(1e-4);
    }
    model.dispose();
  });

  test('batch normalisation: the running averages are the mean of the shards’, in the same bits for any workers', async () => {
    const create = () =>
      sequential({
        layers: [
          layers.dense({ inputShape: [6], units: 4 }),
          layers.batchNormalization({ momentum: 0.9 }),
          layers.activation({ activation: 'relu' }),
          layers.dense(classifier),
        ],
      });
    const results = { tensorflow: new Set<string>(), wasm: new Set<string>(), reference: new Set<string>() };
    const engines = ['tensorflow', 'wasm', 'reference'] as const;
    for (const [engine, workers] of engines.flatMap((name) => [[name, 1] as const, [name, 3] as const])) {
      await tf.setBackend('cpu');
      const model = create();
      const { network } = modelSpec(model);
      expect(network.stateCount).toBe(8);
      writeWeights(tf.tensor, model.weights, network, parametersFor(network));
      const data = dataFor(model);
      const [kernel, bias] = valuesOf(model);
      const mean = valuesOf(model).at(-2) as Float32Array;
      const options = { ...settings, shards: 3, workers, engine };
      const { parametersSha256 } = await train(model, { train: data }, options);
      results[engine].add(parametersSha256);
      // All shards have four examples, so the mean of their means is that of the batch, in whatever order.
      const expected = mean.map((old, unit) => {
        let sum = 0;
        for (let example = 0; example < examples; example++)
          for (let i = 0; i < 6; i++) sum += (data.inputs[example * 6 + i] as number) * kernel[i * 4 + unit];
        return 0.9 * old + 0.1 * (sum / examples + bias[unit]);
      });
      expect(relativeError(valuesOf(model).at(-2) ?? [], expected)).toBeLessThanOrEqual(1e-5);
      model.dispose();
    }
    for (const hashes of Object.values(results)) expect(hashes.size).toBe(1);
  });

  test('a worker that ends in the middle is started again, and the bits stay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradpool-fragile-'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const hashes: string[] = [];
    const states: string[] = [];
    for (const fragile of [undefined, join(folder, 'ended')]) {
      vi.stubEnv('GRADPOOL_TEST_FRAGILE', fragile);
      await tf.setBackend('cpu');
      const model = sequential({
        layers: [layers.dense({ inputShape: [7], units: 5 }), new Fragile({}), layers.dense(classifier)],
      });
      const { network } = modelSpec(model);
      writeWeights(tf.tensor, model.weights, network, parametersFor(network));
      const { parametersSha256 } = await train(
        model,
        { train: dataFor(model) },
        {
          ...settings,
          steps: 12,
          layers: join(import.meta.dirname, 'fixtures', 'fragile-layer.js'),
          onEvent: (event) => void (event.kind === 'worker' && states.push(event.state)),
        },
      );
      hashes.push(parametersSha256);
      model.dispose();
    }
    expect(states[0]).toBe('lost');
    expect(hashes[1]).toBe(hashes[0]);
  });

  test('an embedding trains on it too, and evaluates the same for any number of workers', async () => {
    await tf.setBackend('cpu');
    const model = sequential({
      layers: [
        layers.embedding({ inputShape: [4], inputDim: 10, outputDim: 5 }),
        layers.flatten(),
        layers.dense(classifier),
      ],
    });
    const words = Float32Array.from(uniform(5, examples * 4, 0, 10), Math.floor);
    const data = dataFor(model, words);
    const engine = 'tensorflow';
    const before = await evaluate(model, data, { engine });
    await train(model, { train: data }, { ...settings, engine, steps: 100, momentum: 0.9 });
    const [one, two] = [
      await evaluate(model, data, { engine, workers: 1 }),
      await evaluate(model, data, { engine, workers: 2 }),
    ];
    expect(one).toEqual(two);
    expect(one.loss).toBeLessThan(before.loss / 2);
    model.dispose();
  });
});

describe('what no engine can train is refused in one line', () => {
  const message = (run: Promise<unknown>) =>
    run.then(
      () => 'nothing',
      (error: GradpoolError) => error.message,
    );

  test('a model with two inputs', async () => {
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
    const sum = layers.add().apply([a, b]) as Symbolic;
    const model = functional({
      inputs: [a, b],
      outputs: layers.dense(classifier).apply(sum) as Symbolic,
    });
    const data = dataset({ inputs: new Float32Array(9), labels: labels.slice(0, 3), shape: [3], classes: 3 });
    expect(await message(train(model, { train: data }))).toContain(
      'Expected a model with one input, got one with 2',
    );
  });

  test('a functional model on the wasm engine, which names the engine that takes it', async () => {
    const model = models['two branches that meet']();
    const run = train(model, { train: dataFor(model) }, { ...settings, engine: 'wasm' });
    expect(await message(run)).toMatch(/\(Scale\).*engines that support it: tensorflow$/);
  });

  test('a layer of its own that the workers cannot load', async ({ skip }) => {
    skip(missing !== undefined, missing);
    const model = models['a layer of its own']();
    const run = (options: object) =>
      train(model, { train: dataFor(model) }, { ...settings, workers: 1, ...options });
    expect(await message(run({}))).toMatch(/Scale.*`layers`/);
    expect(await message(run({ layers: 'nowhere.js' }))).toMatch(
      /The module of layers .*nowhere\.js cannot be loaded/,
    );
  });
});
