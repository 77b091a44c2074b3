/** Every function that a caller hands over may return a promise; its failure is the call's failure. */
import { setTimeout as pause } from 'node:timers/promises';
import '@tensorflow/tfjs-backend-cpu';
import { tensor } from '@tensorflow/tfjs-core';
import { CustomCallback, callbacks, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, expect, test } from 'vitest';
import { anyOf } from '../../src/api/callbacks.ts';
import { dataset, type FitArgs, fit as fitModel, type TrainEvent, train } from '../../src/index.ts';

type Callback = () => unknown;

const model = (): Sequential => {
  const made = sequential({ layers: [layers.dense({ inputShape: [4], units: 3 })] });
  made.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  return made;
};
const examples = dataset({
  inputs: new Float32Array(80).fill(1),
  labels: new Uint8Array(20),
  shape: [4],
  classes: 3,
});
const [x, y] = [tensor(new Float32Array(80), [20, 4]), tensor(new Float32Array(60), [20, 3])];

const trainWith = (onEvent: (event: TrainEvent) => unknown, steps = 40) =>
  train(model(), { train: examples, test: examples }, { workers: 1, batchSize: 10, steps, onEvent });
const fitWith = (given: unknown, args: FitArgs = {}) =>
  fitModel(model(), x, y, {
    workers: 1,
    batchSize: 10,
    epochs: 3,
    ...args,
    callbacks: given as NonNullable<FitArgs['callbacks']>,
  });

const eventKinds = [
  'start',
  'step',
  'progress',
  'evaluation',
] as const satisfies readonly TrainEvent['kind'][];
const hooks = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const;

/** An object of tf.Callback whose hook is this. */
function tfCallback(hook: (typeof hooks)[number], call: Callback): unknown {
  return new CustomCallback({ [hook]: call }, 'never');
}

/** Every callback of the public API, as a call that meets it at least once. */
const places: Record<string, (call: Callback) => Promise<unknown>> = {
  ...Object.fromEntries(
    eventKinds.map((kind) => [
      `onEvent of train, for '${kind}'`,
      (call: Callback) => trainWith((event) => (event.kind === kind ? call() : undefined)),
    ]),
  ),
  ...Object.fromEntries(
    hooks.flatMap((hook) => [
      [`${hook} of fit`, (call: Callback) => fitWith({ [hook]: call })],
      [`${hook} of a tf.Callback of fit`, (call: Callback) => fitWith(tfCallback(hook, call))],
      [`${hook} of the second of fit's callbacks`, (call: Callback) => fitWith([{}, { [hook]: call }])],
    ]),
  ),
  'onYield of fit': (call) => fitWith({ onYield: call }, { yieldEvery: 1, epochs: 200 }),
};

/** Ways to fail; what is thrown need not be an Error. */
const ways: Record<string, (error: unknown) => Callback> = {
  throws: (error) => () => {
    throw error;
  },
  'rejects at once': (error) => () => Promise.reject(error),
  'rejects later': (error) => async () => {
    await pause(5);
    throw error;
  },
  'returns a thenable that rejects': (error) => () => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then: (_: unknown, reject: (reason: unknown) => void) => reject(error),
  }),
};

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
process.on('unhandledRejection', note);
afterAll(() => {
  process.off('unhandledRejection', note);
});

/** A call takes a third of a second, so each place gets two of the ways in turn. */
const turns = Object.entries(places).map(([place, call], index) => {
  const names = Object.keys(ways);
  return [
    place,
    [names[index % 4], names[(index + 1) % 4]].slice(0, / of fit$|^onEvent/.test(place) ? 2 : 1),
    call,
  ] as const;
});

test.each(turns)('%s fails the call with its very error where it %j.', async (_, names, call) => {
  for (const way of names) {
    const mine = { way };
    let thrown: unknown;
    await call(ways[way](mine)).catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown, way).toBe(mine);
  }
  await pause(0);
  expect(unhandled).toEqual([]);
});

test('onEvent may fail with undefined.', async () => {
  const rejected = await trainWith(() => Promise.reject(undefined)).then(
    () => false,
    () => true,
  );
  expect(rejected).toBe(true);
});

test('a failing onEvent is not called again, and the training ends after the step under way.', async () => {
  let calls = 0;
  const onEvent = async () => {
    calls++;
    throw new Error('mine');
  };
  await expect(trainWith(onEvent, 1_000_000)).rejects.toThrow('mine');
  expect(calls).toBeLessThan(100);
});

test('train waits for the promises of onEvent, but no step does.', async () => {
  let [open, most, done] = [0, 0, 0];
  const onEvent = async () => {
    most = Math.max(most, ++open);
    await pause(300);
    open--;
    done++;
  };
  const result = await trainWith(onEvent, 10);
  expect(result.globalStep).toBe(10);
  expect(open).toBe(0);
  expect(done).toBeGreaterThan(10);
  expect(most).toBeGreaterThan(1);
});

test('an error of the training goes before one of onEvent that comes later, and the other way round.', async () => {
  const inputs = new Float32Array(80).fill(1e30);
  const hot = dataset({ inputs, labels: Uint8Array.from({ length: 20 }, (_, at) => at % 3), shape: [4] });
  const run = (onEvent: (event: TrainEvent) => unknown) =>
    train(model(), { train: hot }, { workers: 1, batchSize: 10, steps: 5, learningRate: 1e30, onEvent });
  await expect(run(() => {})).rejects.toThrow(/finite/);
  const late = async () => {
    await pause(500);
    throw new Error('mine');
  };
  await expect(run(late)).rejects.toThrow(/finite/);
  await expect(run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});

test('a signal of many calls keeps no listener of a call that is over.', async () => {
  const controller = new AbortController();
  const added: unknown[] = [];
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added.push(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    added.splice(added.indexOf(args[1]), 1);
    remove(...args);
  };
  const stop = anyOf(signal);
  expect(added).toHaveLength(1);
  stop.release();
  expect(added).toEqual([]);
  controller.abort();
  expect(stop.signal.aborted).toBe(false);
  expect(anyOf(signal).signal.aborted).toBe(true);
});

test("tfjs's own callbacks are among those of fit.", async () => {
  const early = callbacks.earlyStopping({ monitor: 'loss', patience: 0, baseline: -1 });
  const { epoch } = await fitWith([early as never]);
  expect(epoch).toEqual([0]);
});
