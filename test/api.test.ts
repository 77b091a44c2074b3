import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { softmax, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import {
  type Dataset,
  dataset,
  evaluate,
  GradpoolError,
  mnistCnn,
  predict,
  type TrainEvent,
  type TrainOptions,
  train,
} from '../src/index.ts';
import { temporaryDirectory } from '../testing/data/files.ts';

/** 60 examples of 4 values, 3 classes: one value is larger than the others. */
const examples: Dataset = dataset({
  inputs: Float32Array.from({ length: 240 }, (_, at) =>
    at % 4 === Math.floor(at / 4) % 3 ? 2 : (at % 7) / 10,
  ),
  labels: Array.from({ length: 60 }, (_, example) => example % 3),
  shape: [4],
});

const smallModel = (): Sequential =>
  sequential({
    layers: [layers.dense({ inputShape: [4], units: 16, activation: 'relu' }), layers.dense({ units: 3 })],
  });

const options = { workers: 1, batchSize: 20, learningRate: 0.1 } satisfies TrainOptions;
const weightsOf = (model: Sequential) => model.getWeights().flatMap((weight) => [...weight.dataSync()]);

test('training leaves the trained weights in the model, and a model that has learnt.', async () => {
  const model = smallModel();
  const before = weightsOf(model);
  const result = await train(model, { train: examples, test: examples }, { ...options, epochs: 30 });
  expect(result).toMatchObject({ globalStep: 90, stopped: false, evaluation: { accuracy: 1 } });
  expect(weightsOf(model)).toEqual([...result.parameters]);
  expect(weightsOf(model)).not.toEqual(before);
  expect(result.run).toBeUndefined();
});

test('any number of workers gives the same bits.', async () => {
  const model = smallModel();
  const initial = model.getWeights().map((weight) => weight.clone());
  const results: string[] = [];
  for (const workers of [1, 3]) {
    model.setWeights(initial);
    results.push(
      (await train(model, { train: examples }, { ...options, workers, steps: 5 })).parametersSha256,
    );
  }
  expect(results[1]).toBe(results[0]);
});

test("evaluate and predict agree with TensorFlow.js's own forward pass, and with each other.", async () => {
  const model = smallModel();
  await train(model, { train: examples }, { ...options, steps: 4 });
  const { classes, probabilities } = await predict(
    model,
    { inputs: examples.inputs, shape: [4] },
    { workers: 2 },
  );
  const expected = softmax(model.predict(tensor(examples.inputs, [60, 4], 'float32')) as Tensor).dataSync();
  probabilities.forEach((probability, at) => {
    // Both are float32 with another order of summing four products.
    expect(probability).toBeCloseTo(expected[at], 5);
  });
  const { accuracy, loss } = await evaluate(model, examples);
  expect(accuracy).toBe(classes.filter((best, row) => best === examples.labels[row]).length / 60);
  const cross = [...examples.labels].map((label, row) => -Math.log(probabilities[row * 3 + label]));
  expect(loss).toBeCloseTo(cross.reduce((sum, value) => sum + value) / 60, 5);
});

test('events come in order, all before the result, and with probabilities where asked for.', async () => {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const settings = { ...options, steps: 4, logEvery: 2, evalEvery: 2, reportProbabilities: true, onEvent };
  await train(smallModel(), { train: examples, test: examples }, settings);
  const seen = events.map((event) => ('step' in event ? `${event.kind} ${event.step}` : event.kind));
  expect(seen.slice(0, 2)).toEqual(['start', 'step 1']);
  expect(seen.filter((name) => name.startsWith('evaluation'))).toEqual(['evaluation 2', 'evaluation 4']);
  expect(seen.at(-1)).toMatch(/ 4$/);
  const [, first] = events;
  expect(first).toMatchObject({ kind: 'step', classes: 3, probabilities: expect.any(Float32Array) });
  expect(first.kind === 'step' && first.probabilities?.length).toBe(60);
});

test("the caller's event loop stays free while it trains.", async () => {
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    gaps.push(performance.now() - last);
    last = performance.now();
  }, 10);
  // About a second of work.
  const big = mnistCnn({ inputShape: [12, 12, 1] });
  const inputs = Uint8Array.from({ length: 300 * 144 }, (_, at) => at % 251);
  const data = { train: dataset({ inputs, labels: new Uint8Array(300).fill(1), shape: [12, 12, 1] }) };
  gaps.length = 0;
  last = performance.now();
  const before = performance.eventLoopUtilization();
  await train(big, data, { workers: 1, batchSize: 100, steps: 30 });
  const { utilization } = performance.eventLoopUtilization(before);
  clearInterval(timer);
  expect(gaps.length).toBeGreaterThan(20);
  // Room for a busy machine; the work itself would fill the loop (1) and leave a gap of its whole time, or of a step.
  expect(Math.max(...gaps)).toBeLessThan(500);
  expect(utilization).toBeLessThan(0.5);
});

test('an AbortSignal ends the training after the step under way, and the model keeps what it has learnt so far.', async () => {
  const controller = new AbortController();
  const model = smallModel();
  const result = await train(
    model,
    { train: examples, test: examples },
    {
      ...options,
      steps: 1_000_000,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'progress' && event.step >= 3) controller.abort();
      },
    },
  );
  expect(result.stopped).toBe(true);
  expect(result.globalStep).toBeGreaterThanOrEqual(3);
  expect(result.globalStep).toBeLessThan(1_000_000);
  expect(weightsOf(model)).toEqual([...result.parameters]);
});

test('a signal that is aborted already lets no step happen.', async () => {
  const model = smallModel();
  const before = weightsOf(model);
  const result = await train(model, { train: examples }, { ...options, signal: AbortSignal.abort() });
  expect(result).toMatchObject({ stopped: true, globalStep: 0 });
  expect(weightsOf(model)).toEqual(before);
});

test("an error in the caller's onEvent ends the training and is what train throws.", async () => {
  const mine = new Error('mine');
  const onEvent = () => {
    throw mine;
  };
  const model = smallModel();
  const before = weightsOf(model);
  await expect(train(model, { train: examples }, { ...options, steps: 1_000_000, onEvent })).rejects.toBe(
    mine,
  );
  expect(weightsOf(model)).toEqual(before);
});

test('a run directory is written where one is named, and can be resumed.', async () => {
  const { path } = temporaryDirectory();
  const data = { train: examples };
  const model = smallModel();
  const initial = model.getWeights().map((weight) => weight.clone());
  const whole = await train(model, data, { ...options, steps: 6 });
  model.setWeights(initial);
  await train(model, data, { ...options, steps: 4, run: path('run') });
  expect(readdirSync(path('run')).sort()).toEqual([
    ...['checkpoints', 'config.json', expect.stringMatching(/^events\.out\.tfevents\./)],
    ...['metrics.jsonl', 'sessions.jsonl'],
  ]);
  const rest = await train(smallModel(), data, { ...options, steps: 6, run: path('run'), resume: true });
  expect(rest).toMatchObject({ globalStep: 6, run: path('run') });
  expect(rest.parametersSha256).toBe(whole.parametersSha256);
});

test('a model that is disposed in the middle ends the training by name, and what the run had saved is resumed.', async () => {
  const model = smallModel();
  const every = { ...options, steps: 6, saveEvery: 1, run: temporaryDirectory().path('run') };
  let disposed = false;
  const onEvent = ({ kind }: TrainEvent) => {
    if (kind === 'checkpoint' && !disposed) disposed = model.dispose().numDisposedVariables > 0;
  };
  await expect(train(model, { train: examples }, { ...every, onEvent })).rejects.toThrow(
    /^Expected the model to be whole, got one that is disposed/,
  );
  const resumed = await train(smallModel(), { train: examples }, { ...every, resume: true });
  expect(resumed).toMatchObject({ globalStep: 6 });
  expect(readdirSync(`${every.run}/checkpoints`)).toContain('step-00000006');
});

test('what cannot be is refused with a GradpoolError that says it.', async () => {
  const model = smallModel();
  const cases: [() => Promise<unknown>, 'usage' | 'input', RegExp][] = [
    [() => train(model, { train: examples }, { workers: 0 }), 'usage', /`workers`.*`0`/],
    [() => train(model, { train: examples }, JSON.parse('{"batchsize":10}')), 'usage', /`batchsize`/],
    [() => train(model, { train: examples }, { resume: true }), 'usage', /`run`.*`resume`/],
    [() => evaluate(model, examples, { workers: 0 }), 'usage', /`workers`.*`0`/],
    [() => train(model, { train: examples }, { batchSize: 61 }), 'input', /60 examples, got 61/],
    [() => train(mnistCnn(), { train: examples }, { ...options }), 'input', /\[28, 28, 1\].*\[4\]/],
    [() => train(JSON.parse('{}'), { train: examples }, { ...options }), 'usage', /tf\.LayersModel/],
    [() => evaluate(mnistCnn(), examples), 'input', /\[28, 28, 1\].*\[4\]/],
    [
      () => predict(model, { inputs: new Float32Array(5), shape: [4] }),
      'input',
      /whole examples of 4 values/,
    ],
    [() => predict(model, { inputs: new Float32Array(0), shape: [4] }), 'input', /at least one/],
  ];
  for (const [call, kind, message] of cases) {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GradpoolError);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) });
  }
});

test('train says before it begins what is surely not meant in its data.', async () => {
  const events: TrainEvent[] = [];
  const odd = dataset({ inputs: new Float32Array(240).fill(7), labels: examples.labels, shape: [4] });
  await train(
    smallModel(),
    { train: odd },
    { ...options, steps: 1, onEvent: (event) => void events.push(event) },
  );
  expect(events[0]).toEqual({ kind: 'notice', text: expect.stringMatching(/^all values .* are 7/) });
  expect(events[1].kind).toBe('start');
});
