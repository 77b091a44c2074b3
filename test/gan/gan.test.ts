/** A small GAN: what it learns, what its run records, and what is refused. */
import { readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { io, zeros } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { type GanEvent, type GanOptions, sample, trainGan } from '../../src/index.ts';
import { weightsOf } from '../../testing/fit/models.ts';
import { examplesOfGan as data, ganModels as models } from '../../testing/gan/models.ts';
import { temporaryRun } from '../../testing/gan/temporary-run.ts';

const settings = {
  ...{ batchSize: 12, steps: 7, logEvery: 1, sampleEvery: 3, sampleCount: 5, learningRate: 0.01 },
  workers: 1,
} as const;

async function trained(options: GanOptions) {
  const both = models();
  const events: GanEvent[] = [];
  const onEvent = (event: GanEvent) => events.push(event);
  const result = await trainGan(both, data, { ...settings, ...options, onEvent });
  return { ...both, result, events };
}

type Kind = GanEvent['kind'];
const of = <K extends Kind>(events: readonly GanEvent[], kind: K) =>
  events.filter((event): event is Extract<GanEvent, { kind: K }> => event.kind === kind);

test('both networks move, the discriminator learns, and samples are of the same noise each time.', async () => {
  const { generator, discriminator, events } = await trained({ workers: 1, steps: 30 });
  const began = models();
  for (const [model, before] of [
    [generator, began.generator],
    [discriminator, began.discriminator],
  ] as const)
    for (const [index, values] of weightsOf(model).entries())
      expect(values, `weight ${index}`).not.toEqual(weightsOf(before)[index]);
  const steps = events.flatMap((event) => (event.kind === 'step' ? [event] : []));
  expect(steps.at(-1)?.discriminatorLoss).toBeLessThan(Number(steps[0].discriminatorLoss));
  const samples = events.flatMap((event) => (event.kind === 'sample' ? [event] : []));
  expect(samples.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
  for (const { images } of samples) {
    expect(images).toHaveLength(5 * 64);
    expect(images.every((value) => value >= 0 && value <= 1)).toBe(true);
  }
  expect(samples[1].images).not.toEqual(samples[0].images);
  const [first, second] = [await sample(generator, 3, 7), await sample(generator, 4, 7)];
  expect(second.subarray(0, first.length)).toEqual(first);
  expect(await sample(generator, 3, 8)).not.toEqual(first);
});

const dense = (inputs: number, units: number, activation: 'linear' | 'sigmoid' = 'linear') =>
  sequential({ layers: [layers.dense({ inputShape: [inputs], units, activation })] });
const flat = { ...data, shape: [64] };

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'a generator whose output the discriminator does not take',
    () => trainGan({ generator: dense(6, 60), discriminator: dense(64, 1) }, flat),
    /^Expected a generator whose output is the discriminator's input, of shape \[64\], got one of shape \[60\]$/,
  ],
  [
    'a discriminator with ten outputs',
    () => trainGan({ generator: dense(6, 64), discriminator: dense(64, 10) }, flat),
    /^Expected a discriminator with one output, a logit, got one with 10; end it in a dense layer of one unit$/,
  ],
  [
    'a discriminator that ends in a sigmoid',
    () => trainGan({ generator: dense(6, 64), discriminator: dense(64, 1, 'sigmoid') }, flat),
    /^Expected a discriminator that gives a logit, got one that ends in a sigmoid.*leave its activation out$/,
  ],
  [
    'a generator of images',
    () => trainGan({ generator: models().discriminator, discriminator: dense(1, 1) }, flat),
    /^Expected a generator that takes a vector of noise, got one that takes \[8, 8, 1\]$/,
  ],
  [
    'a data set of another size',
    () => trainGan(models(), { ...data, inputs: data.inputs.subarray(0, 40 * 49), shape: [7, 7, 1] }),
    /^Expected examples of the shape that the generator makes, \[8, 8, 1\], got \[7, 7, 1\].*bring networks of your own/,
  ],
  [
    'one image',
    () => trainGan(models(), { ...data, inputs: data.inputs.subarray(0, 64), labels: [0] }),
    /^Expected a batch size of at most the data set's 1 example, got 64; use a smaller `batchSize`$/,
  ],
  [
    'one model',
    () => trainGan({ generator: dense(6, 64) } as never, data),
    /^Expected `models.discriminator` to be/,
  ],
  ['a passed epoch', () => trainGan(models(), data, { epochs: 2 } as never), /got `epochs`/],
  [
    'more updates than there are numbers',
    () => trainGan(models(), data, { steps: 2 ** 30, generatorSteps: 5 }),
    /^Expected `steps` to be at most 429496729 with so many updates in each, got 1073741824$/,
  ],
])('%s is refused in one line.', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('a run is begun once, and is no other kind of run.', async () => {
  const run = await temporaryRun();
  await trained({ run, steps: 1 });
  await expect(trained({ run })).rejects.toThrow(/has a config.json already; add `resume` to go on/);
  await expect(trained({ run, resume: true, batchSize: 8 })).rejects.toThrow(/`batchSize` to be 12 .*got 8/);
  await expect(trained({ run: join(run, 'generator'), resume: true })).rejects.toThrow(
    /^Expected a GAN's run at/,
  );
});

test('networks whose layers have the same names are trained as those with names of their own.', async () => {
  const rename = (model: LayersModel) => {
    const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)));
    for (const [index, layer] of topology.config.layers.entries()) layer.config.name = `layer${index}`;
    return loadLayersModel(io.fromMemory({ modelTopology: topology }));
  };
  const { generator, discriminator } = models();
  const same = {
    generator: await rename(generator),
    discriminator: await rename(discriminator),
  };
  for (const player of ['generator', 'discriminator'] as const)
    same[player].setWeights(models()[player].getWeights());
  await trainGan(same, data, settings);
  const { generator: own, discriminator: judge } = await trained({});
  expect(weightsOf(same.generator)).toEqual(weightsOf(own));
  expect(weightsOf(same.discriminator)).toEqual(weightsOf(judge));
});

test('updates that are not finite end a GAN, or are left out of it and recorded.', async () => {
  const run = await temporaryRun();
  const options = { learningRate: 1e30, steps: 4, run } as const;
  await expect(trained(options)).rejects.toThrow(
    /^Expected .* got a loss of Infinity in the generator's update of step 1, .*; nothing was updated/,
  );
  const skipping = join(run, '..', 'skipping');
  const whole = await trained({ ...options, run: skipping, onNan: 'skip', sampleEvery: 0, saveEvery: 3 });
  const left = of(whole.events, 'skipped').map(({ step, network }) => [step, network]);
  expect(left[0]).toEqual([1, 'generator']);
  expect(of(whole.events, 'step')[0]).toMatchObject({ discriminatorLoss: expect.any(Number) });
  expect(of(whole.events, 'step')[0]).not.toHaveProperty('generatorLoss');
  for (const player of ['generator', 'discriminator'] as const) {
    const manifest = join(skipping, player, 'checkpoints/step-00000004/checkpoint.json');
    const skippedSteps = left.flatMap(([step, network]) => (network === player ? [step] : []));
    const optimizerSteps = 4 - skippedSteps.length;
    expect(JSON.parse(await readFile(manifest, 'utf8'))).toMatchObject({ skippedSteps, optimizerSteps });
    for (const values of weightsOf(whole[player])) expect(values.every(Number.isFinite)).toBe(true);
  }
  const metrics = (await readFile(join(skipping, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  expect(metrics.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'skipped')).toHaveLength(
    left.length,
  );
});

test('the first steps can be the discriminator alone, and examples that are all alike are said to be.', async () => {
  const { generator, events } = await trained({ steps: 4, pretrainSteps: 3, sampleEvery: 1 });
  expect(of(events, 'step').map((event) => 'generatorLoss' in event)).toEqual([false, false, false, true]);
  const [begun, , , third, last] = of(events, 'sample').map(({ images }) => images);
  expect(third).toEqual(begun);
  expect(last).not.toEqual(begun);
  generator.setWeights(generator.getWeights().map(({ shape }) => zeros(shape)));
  const told: GanEvent[] = [];
  const { discriminator } = models();
  await trainGan({ generator, discriminator }, data, {
    ...{ ...settings, steps: 1, learningRate: 1e-9 },
    onEvent: (event) => told.push(event),
  });
  expect(of(told, 'notice').map(({ text }) => text)).toEqual([
    expect.stringMatching(/^step 1: all 5 examples of the sample are the same picture.*\(mode collapse\)/),
  ]);
});

test('a run goes on from the newest step that both networks have whole, and only with its own settings.', async () => {
  const run = await temporaryRun();
  const whole = await trained({ workers: 1, run, steps: 4, saveEvery: 2 });
  await truncate(join(run, 'discriminator', 'checkpoints', 'step-00000004', 'weights.bin'), 100);
  await expect(trained({ run, resume: true, steps: 4, seed: 2 })).rejects.toThrow(/`seed` to be 1 .*got 2/);
  await expect(trained({ run, resume: true, labelSmoothing: 0.1 })).rejects.toThrow(
    /`labelSmoothing` to be 0 .*got 0.1/,
  );
  const resumed = await trained({ workers: 1, run, resume: true, steps: 4, saveEvery: 2 });
  const notices = resumed.events.flatMap((event) => (event.kind === 'notice' ? [event.text] : []));
  expect(notices).toEqual([expect.stringMatching(/^passed over .*step-00000004: Expected .* 100$/)]);
  expect(resumed.events).toContainEqual(expect.objectContaining({ kind: 'start', fromStep: 2 }));
  expect(resumed.result.parametersSha256).toBe(whole.result.parametersSha256);
  await rm(join(run, 'discriminator', 'checkpoints'), { recursive: true });
  await expect(trained({ run, resume: true })).rejects.toThrow(/both networks have whole, got 2 broken/);
});
