/** A run's event files, as TensorBoard's own reader reads them. */
import { execFile } from 'node:child_process';
import { appendFile, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { tensorboardPython } from '../../scripts/setup-tensorboard.ts';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { beginning, nextStep, openTrainer } from '../../src/coordinator/trainer.ts';
import { cutEventFiles } from '../../src/formats/tensorboard/cut-event-files.ts';
import { eventFiles } from '../../src/formats/tensorboard/event-files.ts';
import { openEventLog } from '../../src/formats/tensorboard/event-log.ts';
import { checkpointPath } from '../../src/run/checkpoint.ts';
import { scalarsOf } from '../../src/run/metrics.ts';
import { readMetrics } from '../../src/run/read/read-metrics.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';
import { digitNetwork, firstDigits } from '../../testing/digits.ts';
import { parametersFor } from '../../testing/engine/values.ts';
import { topologyOf } from '../../testing/tensorflow.ts';

const digits = await firstDigits(60);

const go = (run: string, resume: boolean, options: TrainOptions) =>
  trainInThread({ ...requestOf(options), run, resume, reportProbabilities: false }, {});

const requestOf = (options: TrainOptions) => ({
  model: {
    topology: topologyOf(digitNetwork),
    network: digitNetwork,
    parameters: parametersFor(digitNetwork),
  },
  ...{ train: digits, test: digits },
  config: resolveConfig({
    ...{ workers: 1, batchSize: 20, saveEvery: 2, evalEvery: 2, logEvery: 1, metrics: ['mse'] },
    ...options,
  }),
});

/** Prints { tag: [[step, value], ...] }. */
const reader = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))`;

const python = tensorboardPython();
const off = process.env.GRADPOOL_TENSORBOARD === 'off';
const missing = off
  ? 'GRADPOOL_TENSORBOARD=off'
  : 'missing' in python
    ? `${python.missing}; npm run setup:tensorboard`
    : undefined;

async function readByTensorboard<T = Record<string, [step: number, value: number][]>>(
  run: string,
  program = reader,
): Promise<T> {
  if ('missing' in python) throw new Error(python.missing);
  const { stdout } = await promisify(execFile)(python.path, ['-c', program, run]);
  return JSON.parse(stdout);
}

/** Prints what stands there besides scalars, as TensorBoard's plugins take it. */
const extras = `
import io, json, struct, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
events = EventAccumulator(sys.argv[1], size_guidance={'images': 0, 'histograms': 0})
events.Reload()
tags = events.Tags()
histograms = {tag: [[e.step, e.histogram_value.num, e.histogram_value.min, e.histogram_value.max, sum(e.histogram_value.bucket)] for e in events.Histograms(tag)] for tag in tags['histograms']}
images = {tag: [[e.step, e.height, e.width, e.encoded_image_string[:4].hex()] for e in events.Images(tag)] for tag in tags['images']}
content = events.SummaryMetadata('_hparams_/session_start_info').plugin_data.content
hparams = {name: value.number_value or value.string_value for name, value in HParamsPluginData.FromString(content).session_start_info.hparams.items()}
model = json.loads(events.Tensors('keras')[0].tensor_proto.string_val[0])
nodes = [node.name for node in keras_model_to_graph_def(model).node]
print(json.dumps({'histograms': histograms, 'images': images, 'hparams': hparams, 'nodes': nodes}))`;

describe('TensorBoard', () => {
  test('reads the scalars of a run that was resumed: those of its metrics, each step once.', async ({
    skip,
  }) => {
    skip(missing !== undefined, missing);
    const run = join(await temporaryDirectory(), 'run');
    await go(run, false, { steps: 5 });
    await rm(checkpointPath(run, 5), { recursive: true });
    await go(run, true, { steps: 7 });
    const scalars = await readByTensorboard(run);
    const { events } = await readMetrics(run);
    const of = (kind: string, value: (event: Record<string, number>) => number) =>
      events
        .filter((event) => event.kind === kind)
        .map((event) => [event.step, Math.fround(value(event as never))]);
    expect(scalars).toEqual({
      'train/loss': of('step', ({ loss }) => loss),
      'train/accuracy': of('step', ({ accuracy }) => accuracy),
      'train/mse': of('step', ({ metrics }) => (metrics as never as { mse: number }).mse),
      learning_rate: of('step', () => 0.05),
      images_per_second: of('step', ({ steps_per_second }) => steps_per_second * 20),
      'validation/loss': of('evaluation', ({ loss }) => loss),
      'validation/accuracy': of('evaluation', ({ accuracy }) => accuracy),
      'validation/mse': of('evaluation', ({ metrics }) => (metrics as never as { mse: number }).mse),
    });
    expect(scalars['train/loss'].map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(scalars['validation/loss'].map(([step]) => step)).toEqual([2, 4, 6, 7]);
    expect(await eventFiles(run)).toHaveLength(2);
  });
});

describe('TensorBoard', () => {
  test('reads histograms, images, hyperparameters and the graph, where they were asked for.', async ({
    skip,
  }) => {
    skip(missing !== undefined, missing);
    const run = join(await temporaryDirectory(), 'run');
    const tensorboard = ['histograms', 'images', 'hyperparameters', 'graph'] as const;
    const { parameters } = await go(run, false, { steps: 2, metrics: [], tensorboard });
    const read = await readByTensorboard<{
      histograms: Record<string, number[][]>;
      images: Record<string, [step: number, height: number, width: number, start: string][]>;
      hparams: Record<string, unknown>;
      nodes: string[];
    }>(run, extras);
    expect(Object.keys(read.histograms)).toEqual(
      ['parameters', 'gradients'].flatMap((what) =>
        digitNetwork.parameters.map(({ name }) => `${what}/${name}`),
      ),
    );
    const gradients = await gradientAfter(2);
    const shown = digitNetwork.parameters.flatMap(({ name, offset, size }) =>
      Object.entries({ parameters, gradients }).map(([what, all]) => ({
        ...{ tag: `${what}/${name}`, size, values: all.subarray(offset, offset + size) },
      })),
    );
    for (const { tag, size, values } of shown) {
      const [[at, num, least, most, counted]] = read.histograms[tag];
      expect([at, num, least, most, counted]).toEqual([
        2,
        size,
        Math.min(...values),
        Math.max(...values),
        size,
      ]);
    }
    expect(Object.keys(read.images)).toHaveLength(8);
    for (const [tag, [[at, height, width, start]]] of Object.entries(read.images)) {
      expect(tag).toMatch(/^mistakes\/\d is \d taken for \d$/);
      expect([at, height, width, start]).toEqual([2, 28, 28, '89504e47']);
    }
    expect(read.hparams).toMatchObject({ batchSize: 20, learningRate: 0.05, optimizer: 'sgd', seed: 1 });
    expect(read.nodes.length).toBeGreaterThan(3);
  });
});

/** Of the last batch, by a training that goes step by step. */
async function gradientAfter(steps: number): Promise<Float32Array> {
  const request = requestOf({ steps, metrics: [], tensorboard: ['histograms'] });
  const trainer = await openTrainer(request);
  try {
    await trainer.load(beginning(request));
    for (let step = 0; step < steps; step++) await nextStep(trainer);
    return (await trainer.gradient()) ?? new Float32Array();
  } finally {
    await trainer.close();
  }
}

const step = (at: number) => ({ kind: 'step', step: at, epoch: 0, loss: at, steps_per_second: 1 }) as const;

test('files are cut at the first event that is later, torn or broken, and stay whole.', async () => {
  const run = await temporaryDirectory();
  const log = await openEventLog(run, 0);
  const sizes: number[] = [];
  const [file] = await eventFiles(run);
  const size = async () => (await stat(file)).size;
  for (let at = 1; at <= 3; at++) {
    await log.write(at, scalarsOf(step(at), 1));
    sizes.push(await size());
  }
  await log.close();
  await appendFile(file, (await readFile(file)).subarray(0, 20));
  await cutEventFiles(run, 9);
  expect(await size()).toBe(sizes[2]);
  await cutEventFiles(run, 2);
  expect(await size()).toBe(sizes[1]);
  await cutEventFiles(run, 2);
  expect(await size()).toBe(sizes[1]);
});

test("a run begun anew in a directory without checkpoints leaves another program's event files alone.", async () => {
  const run = await temporaryDirectory();
  await go(run, false, { steps: 1, metrics: [] });
  await rm(join(run, 'checkpoints'), { recursive: true });
  await appendFile(join(run, 'events.out.tfevents.1.host'), 'x');
  await go(run, false, { steps: 1, metrics: [] });
  const names = (await readdir(run)).filter((name) => name.startsWith('events'));
  expect(names).toHaveLength(2);
  expect(names).toContain('events.out.tfevents.1.host');
});
