/** What TensorFlow.js's own tests ask of `model.fit`, asked of `fit`: what its callers meet in the middle of it. */
import * as tf from '@tensorflow/tfjs-core';
import {
  Callback,
  CustomCallback,
  input,
  type LayersModel,
  layers,
  type ModelFitArgs,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, test, vi } from 'vitest';
import { fit } from '../../../src/index.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { bothWays } from '../../../testing/fit/both-ways.ts';

vi.mock('../../../src/api/client.ts', () => import('../../../testing/fit/in-this-thread.ts'));

const examples = 5;
const x = tf.tensor(uniform(1, examples * 4, 0, 1), [examples, 4]);
const y = tf.tensor(uniform(2, examples, 0, 1), [examples, 1]);
const compile = { optimizer: 'SGD', loss: 'meanSquaredError', metrics: ['mse'] } as const;
const whole = { batchSize: examples } as const;
const ours = { workers: 1, verbose: 0 } as const;

/** One dense layer, whose kernel is of ones. */
const kinds = {
  functional() {
    const inputs = input({ shape: [4] });
    const layer = layers.dense({ units: 1, kernelInitializer: 'ones' });
    const made = model({ inputs, outputs: layer.apply(inputs) as SymbolicTensor });
    made.compile({ ...compile, metrics: ['mse'] });
    return made;
  },
  sequential() {
    const made = sequential({
      layers: [layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [4] })],
    });
    made.compile({ ...compile, metrics: ['mse'] });
    return made;
  },
} satisfies Record<string, () => LayersModel>;

describe('callbacks', () => {
  const shapes: Record<string, (hooks: object) => NonNullable<ModelFitArgs['callbacks']>> = {
    functions: (hooks) => hooks,
    'a list of functions': (hooks) => [hooks] as never,
    'a CustomCallback': (hooks) => new CustomCallback(hooks),
    'a list of a CustomCallback': (hooks) => [new CustomCallback(hooks)],
  };
  test.for(Object.entries(shapes))('may be %s', async ([, shape]) => {
    const calls = await bothWays(async (train) => {
      const calls: [string, ...unknown[]][] = [];
      const names = [
        'onTrainBegin',
        'onTrainEnd',
        'onEpochBegin',
        'onEpochEnd',
        'onBatchBegin',
        'onBatchEnd',
      ];
      const hooks = Object.fromEntries(
        names.map((name) => [
          name,
          async (...values: unknown[]) => {
            calls.push([name, ...values.map(plain)]);
          },
        ]),
      );
      await train(kinds.functional(), x, y, { batchSize: 2, epochs: 2, callbacks: shape(hooks) });
      return calls;
    });
    const numbers = (name: string) => calls.filter(([each]) => each === name).map(([, number]) => number);
    expect(numbers('onBatchBegin')).toEqual([0, 1, 2, 0, 1, 2]);
    expect(numbers('onEpochEnd')).toEqual([0, 1]);
    expect(numbers('onTrainEnd')).toHaveLength(1);
  });

  class Recorder extends CustomCallback {
    constructor(recorded: unknown[]) {
      super({ onTrainBegin: () => void recorded.push({ ...this.params }) });
    }
  }
  test.for([
    [{}, 5, ['loss', 'mse']],
    [{ validationSplit: 0.2 }, 4, ['loss', 'mse', 'val_loss', 'val_mse']],
  ] as const)('are told of the training, with %o', async ([args, samples, metrics]) => {
    const recorded = await bothWays(async (train) => {
      const recorded: unknown[] = [];
      const callbacks = new Recorder(recorded);
      await train(kinds.functional(), x, y, { epochs: 3, batchSize: 2, callbacks, ...args });
      return recorded;
    });
    const doValidation = samples === 4;
    expect(recorded).toMatchObject([
      { epochs: 3, initialEpoch: 0, samples, steps: null, batchSize: 2, doValidation, metrics },
    ]);
  });
});

describe('stopTraining', () => {
  class Stopper extends Callback {
    private readonly after: 'batch' | 'epoch';
    private readonly last: number;
    constructor(after: 'batch' | 'epoch', last: number) {
      super();
      this.after = after;
      this.last = last;
    }
    override async onEpochEnd(epoch: number): Promise<void> {
      if (this.after === 'epoch' && epoch === this.last) this.stop();
    }
    override async onBatchEnd(batch: number): Promise<void> {
      if (this.after === 'batch' && batch === this.last) this.stop();
    }
    private stop(): void {
      (this as unknown as { model: LayersModel }).model.stopTraining = true;
    }
  }
  test.for(
    (['functional', 'sequential'] as const).flatMap((kind) =>
      (
        [
          ['epoch', 2],
          ['batch', 1],
        ] as const
      ).map(([after, epochs]) => [kind, after, epochs] as const),
    ),
  )(
    'in a callback of a class: a %s model, after the %s; the next call trains on',
    async ([kind, after, epochs]) => {
      const lengths = await bothWays(async (train) => {
        const made = kinds[kind]();
        const args = { batchSize: 1, epochs: 4 };
        const first = await train(made, x, y, { ...args, callbacks: [new Stopper(after, 1)] });
        const second = await train(made, x, y, args);
        return [first, second].map(({ epoch }) => epoch.length);
      });
      expect(lengths).toEqual([epochs, 4]);
    },
  );

  test('in a function, of the model that it closes over; the next call trains on', async () => {
    const { done, first, second } = await bothWays(async (train) => {
      const made = kinds.functional();
      let done = 0;
      const onEpochEnd = async (epoch: number) => {
        done++;
        if (epoch === 3) made.stopTraining = true;
      };
      const first = await train(made, x, y, { epochs: 8, callbacks: { onEpochEnd } });
      return { done, first, second: await train(made, x, y, { epochs: 2 }) };
    });
    expect([done, first.epoch.length, second.epoch.length]).toEqual([4, 4, 2]);
  });
});

test('another fit of the model meanwhile is refused, by each of the other too.', async () => {
  const made = kinds.functional();
  const first = fit(made, x, y, { ...ours, ...whole, epochs: 8 });
  await expect(fit(made, x, y, ours)).rejects.toThrow(/^Expected one `fit` of a model at a time[^\n]*$/);
  await expect(made.fit(x, y)).rejects.toThrow('another fit() call is ongoing');
  expect((await first).epoch).toHaveLength(8);
  const plain = made.fit(x, y, { ...whole, epochs: 2, verbose: 0 });
  await expect(fit(made, x, y, ours)).rejects.toThrow(/one `fit` of a model at a time/);
  await plain;
});

test.for(['onEpochEnd', 'onBatchEnd'])('the tensors stay as many from one %s to the next.', async (name) => {
  const made = kinds.functional();
  const counts: number[] = [];
  const callbacks = { [name]: async () => void counts.push(tf.memory().numTensors) };
  const args = { ...ours, batchSize: 1, epochs: 3, validationSplit: 0.4 };
  await fit(made, x, y, args);
  const before = tf.memory().numTensors;
  await fit(made, x, y, { ...args, callbacks });
  expect(counts).toHaveLength(name === 'onEpochEnd' ? 3 : 3 * 3);
  expect(new Set(counts).size).toBe(1);
  expect(tf.memory().numTensors).toBe(before);
});

describe('yieldEvery', () => {
  // 3 batches an epoch, 2 epochs. As tfjs, which yields after batches and epochs without telling of it.
  test.for([
    [1e-9, 6],
    ['batch', 0],
    ['epoch', 0],
  ] as const)('%s: onYield is called %i times.', async ([yieldEvery, times]) => {
    const { yields, epoch } = await bothWays(async (train) => {
      const yields: unknown[] = [];
      const onYield = async (...values: unknown[]) => void yields.push(values.map(plain));
      const args = { batchSize: 2, epochs: 2, yieldEvery, callbacks: { onYield } };
      return { ...(await train(kinds.sequential(), x, y, args)), yields };
    });
    expect([yields.length, epoch]).toEqual([times, [0, 1]]);
  });

  test('never: trains all the same.', async () => {
    const args = { batchSize: 5, epochs: 4, yieldEvery: 'never' } as const;
    const { history } = await bothWays((train) => train(kinds.sequential(), x, y, args));
    expect(history.loss).toHaveLength(4);
  });

  test('never, and yet onYield, is refused.', async () => {
    const args = { yieldEvery: 'never', callbacks: { onYield() {} }, verbose: 0 } as const;
    await expect(kinds.sequential().fit(x, y, args)).rejects.toThrow(/onYield/);
    await expect(fit(kinds.sequential(), x, y, args)).rejects.toThrow(/^[^\n]*onYield[^\n]*$/);
  });
});

/** Logs may be tensors in `model.fit`. */
const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, log]) => [name, Number(log)]))
    : value;
