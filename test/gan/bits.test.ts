/** A small GAN has the same bits for any number of workers, also when it is ended and resumed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type GanOptions, loadModel, trainGan } from '../../src/index.ts';
import { parametersSha256 } from '../../src/run/hashes.ts';
import { weightsOf } from '../../testing/fit/models.ts';
import { examplesOfGan, ganModels } from '../../testing/gan/models.ts';
import { temporaryRun } from '../../testing/gan/temporary-run.ts';

/** With dropout; 40 examples, so that the last batch of an epoch has 4. */
const settings = {
  ...{ batchSize: 12, steps: 40, shards: 8, sampleEvery: 0, learningRate: 0.01, seed: 3 },
  ...{ discriminatorSteps: 2, pretrainSteps: 3, labelSmoothing: 0.1 },
} as const;

/** SHA-256 of both networks. */
async function trained(options: GanOptions) {
  const models = ganModels();
  const { generator, discriminator } = await trainGan(models, examplesOfGan, { ...settings, ...options });
  return { hashes: [generator, discriminator].map(parametersSha256), models };
}

let whole: Awaited<ReturnType<typeof trained>>;
beforeAll(async () => {
  whole = await trained({ workers: 1 });
});

test.each([2, 3, 8])('a GAN has the same bits after 40 steps with 1 and %i workers.', async (workers) => {
  expect((await trained({ workers })).hashes).toEqual(whole.hashes);
});

test('a GAN that is resumed at step 17 with another number of workers has the same bits.', async () => {
  const run = await temporaryRun();
  await trained({ workers: 3, run, steps: 17 });
  const resumed = await trained({ workers: 2, run, resume: true });
  expect(resumed.hashes).toEqual(whole.hashes);
  const reports = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  expect(reports.map((line) => JSON.parse(line).step)).toEqual([1, 17, 40]);
  const { generator } = whole.models;
  expect(weightsOf(await loadModel(join(run, 'generator')))).toEqual(weightsOf(generator));
  const names = (await readdir(run)).map((name) => name.replace(/\d{6,}/, 'SECONDS'));
  expect(names.sort()).toEqual([
    ...['config.json', 'discriminator', 'events.out.tfevents.SECONDS.gradpool.0'],
    ...['events.out.tfevents.SECONDS.gradpool.17', 'generator', 'metrics.jsonl', 'sessions.jsonl'],
  ]);
});

test('what changes the bits is that of the run that is resumed.', async () => {
  const run = await temporaryRun();
  const short = { workers: 1, steps: 5, run };
  const { hashes } = await trained(short);
  for (const [name, value] of Object.entries(others)) {
    expect((await trained({ workers: 1, steps: 5, [name]: value })).hashes).not.toEqual(hashes);
    await expect(trained({ ...short, resume: true, [name]: value })).rejects.toThrow(
      new RegExp(`^Expected \`${name}\` to be [\\d.]+ as in the run at .*, got ${value}`),
    );
  }
});

const others = { discriminatorSteps: 1, generatorSteps: 2, pretrainSteps: 0, labelSmoothing: 0 } as const;
