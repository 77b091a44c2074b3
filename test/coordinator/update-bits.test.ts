/** Whatever an update is asked for has the same bits for any workers, and when a run is ended and gone on with anywhere. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type TrainCallOptions, train } from '../../src/index.ts';
import { branchedModel, examplesFor } from '../../testing/golden/models.ts';

const steps = 8;
const cases: readonly { readonly name: string; readonly options: TrainCallOptions }[] = [
  { name: 'LAMB, decay, global norm', options: { optimizer: 'lamb', weightDecay: 0.1, globalClipNorm: 0.5 } },
  {
    name: 'accumulation, average, norm of each weight',
    options: { accumulateSteps: 4, emaMomentum: 0.8, clipNorm: 0.1 },
  },
  {
    name: 'AdamW without some, smooth labels, average',
    options: {
      ...{ optimizer: 'adamw', weightDecayExclude: ['bias', 'normalization'] },
      ...{ labelSmoothing: 0.1, emaMomentum: 0.9, clipValue: 0.01 },
    },
  },
  { name: 'Lion, accumulation of two', options: { optimizer: 'lion', accumulateSteps: 2 } },
];

const result = async (options: TrainCallOptions) => {
  const model = branchedModel();
  const data = examplesFor(model, 'reals');
  const { parameters, ema, evaluation } = await train(
    model,
    { train: data, test: data },
    { batchSize: 8, shards: 4, steps, saveEvery: 1, workers: 1, ...options },
  );
  return { parameters, ema, evaluation };
};

async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gradpool-updates-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe.for(cases)('$name', ({ options }) => {
  test('has with 2, 3 and 8 workers the bits of one', async () => {
    const one = await result(options);
    for (const workers of [2, 3, 8]) expect(await result({ ...options, workers }), `${workers}`).toEqual(one);
  });

  test('has the bits of a run that was not ended when it goes on from any step', async () => {
    const run = join(await temporary(), 'run');
    const whole = await result({ ...options, run, keep: steps });
    const checkpoints = (await readdir(join(run, 'checkpoints'))).toSorted();
    expect(checkpoints.length).toBe(steps);
    for (const step of [1, 3, 4, 6]) {
      const ended = join(await temporary(), 'run');
      await cp(run, ended, { recursive: true });
      for (const later of checkpoints.slice(step))
        await rm(join(ended, 'checkpoints', later), { recursive: true });
      expect(
        await result({ ...options, run: ended, resume: true, keep: steps }),
        `from step ${step}`,
      ).toEqual(whole);
    }
  });
});

test.for<[TrainCallOptions, string]>([
  [{ clipNorm: 0 }, 'Expected `clipNorm` to be greater than 0, got `0`'],
  [{ globalClipNorm: -1 }, 'Expected `globalClipNorm` to be a finite number >= 0, got `-1`'],
  [
    { clipValue: 1, clipNorm: 1 },
    'Expected one of `clipValue`, `clipNorm` and `globalClipNorm` at most, got',
  ],
  [{ emaMomentum: 1 }, 'Expected `emaMomentum` to be a finite number from 0 to less than 1, got `1`'],
  [{ weightDecay: -0.1 }, 'Expected `weightDecay` to be a finite number >= 0, got `-0.1`'],
  [{ weightDecayExclude: ['bias'] }, 'Expected no `weightDecayExclude` without `weightDecay`'],
  [{ accumulateSteps: 3 }, 'Expected `accumulateSteps` to divide the 8 steps of the training, got 3'],
  [{ accumulateSteps: 0 }, 'Expected `accumulateSteps` to be an integer from 1 to 65536, got `0`'],
  [{ labelSmoothing: 1 }, 'Expected `labelSmoothing` to be a finite number from 0 to less than 1, got `1`'],
  [
    { labelSmoothing: 0.1, loss: 'meanSquaredError' },
    'Expected no `labelSmoothing` with the loss meanSquaredError, got 0.1',
  ],
])('refuses %j in one line', async ([options, message]) => {
  const run = join(await temporary(), 'run');
  await expect(result({ ...options, run })).rejects.toThrow(message);
  expect(await readdir(join(run, '..')), 'nothing was written').toEqual([]);
});
