/**
 * npm run benchmark:kernels: trains the tutorial's network on MNIST with one worker, and prints for each layer and pass
 * the microseconds an image and the GFLOP/s, as if every product were computed one multiplication after the other (so
 * transforms and skipped zeros can pass the peak), beside two limits: that arithmetic at the core's measured peak, and
 * the layer's parameters (with their update: theirs and the velocity's, old and new) at the measured speed of the memory,
 * once a step. Then the time in each kernel.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../src/config.ts';
import { trainInThread } from '../src/coordinator/client.ts';
import { mnist } from '../src/data/mnist.ts';
import { type SimdChoice, simdChoices } from '../src/engine/engine.ts';
import { mnistCnnSpec } from '../src/model/mnist-cnn-spec.ts';
import type { Conv2dLayer, DenseLayer } from '../src/model/network.ts';
import { enableWideKernels } from '../src/wide-kernels.ts';
import { forwardFlop } from './benchmark/flop.ts';
import { createMatmulMeter } from './benchmark/matmul-speed.ts';
import { createMemoryMeter } from './benchmark/memory-speed.ts';
import { median, spread } from './benchmark/statistics.ts';

enableWideKernels();
const { values } = parseArgs({
  options: {
    simd: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '60' },
    'batch-size': { type: 'string', default: '100' },
  },
});
const simd = simdChoices.find((name) => name === values.simd);
if (simd === undefined) throw new Error(`Expected --simd ${simdChoices.join(', ')}, got ${values.simd}`);

const batchSize = Number(values['batch-size']);
const meter = await createMatmulMeter(simd);
const model = mnistCnnSpec();
const before = meter();
const { spans, kernels, images } = await profiledTraining(simd);
const peaks = [before, meter()];
const gigabytes = await createMemoryMeter()();
console.log(`Node.js ${process.version}, kernels: ${kernels}, one worker`);
console.log(
  `matrix product of this core, before and after: ${spread(peaks, 1)} GFLOP/s; memory ${gigabytes.toFixed(1)} GB/s`,
);
/** By name; an activation has the name of its layer. */
const weighted = model.network.layers.filter((layer) => layer.kind === 'conv2d' || layer.kind === 'dense');
const layers = new Map(weighted.map((layer) => [layer.name, layer]));
const pass = / (forward|backward|weight gradient and update|spectrum)$/;
const passes = totals(pass);
console.table(Object.fromEntries(passes.map(([name, time]) => [name, passRow(name, time)])));
const inKernels = totals(/^\w+$/).filter(([name]) => !['gradient', 'update', 'evaluate'].includes(name));
console.table(
  Object.fromEntries(inKernels.map(([name, time]) => [name, { 'us an image': time.toFixed(2) }])),
);

interface Span {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  /** Microseconds. */
  readonly dur: number;
}

/** The spans of the worker, in the steps that the profile keeps, and how many images these took. */
async function profiledTraining(simd: SimdChoice) {
  const directory = await mkdtemp(join(tmpdir(), 'gradpool-kernels-'));
  const profile = join(directory, 'profile.json');
  const config = resolveConfig({ workers: 1, simd, steps: Number(values.steps), batchSize });
  const { train } = await mnist();
  let kernels = '';
  try {
    await trainInThread(
      { model, train, config, resume: false, reportProbabilities: false, profile },
      {
        onEvent(event) {
          if (event.kind === 'start') kernels = event.kernels;
        },
      },
    );
    const { traceEvents } = JSON.parse(await readFile(profile, 'utf8')) as { traceEvents: Span[] };
    const spans = traceEvents.filter(({ ph, tid }) => ph === 'X' && tid > 0);
    const steps = spans.filter(({ name }) => name === 'update').length;
    return { spans, kernels, images: steps * config.batchSize };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Microseconds an image of each name that fits, the most first. */
function totals(pattern: RegExp): [string, number][] {
  const sums = new Map<string, number>();
  for (const { name, dur } of spans)
    if (pattern.test(name)) sums.set(name, (sums.get(name) ?? 0) + dur / images);
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

function passRow(name: string, microseconds: number) {
  const layer = layers.get(name.replace(pass, ''));
  const products = layer === undefined ? 0 : forwardFlop(layer) * productsOf(name, layer.name);
  const row = { 'us an image': microseconds.toFixed(1) };
  if (layer === undefined || products === 0) return row;
  const arithmetic = products / 1000 / median(peaks);
  const memory = (parameterBytes(layer) * (name.endsWith(' update') ? 4 : 1)) / 1000 / gigabytes / batchSize;
  return {
    ...row,
    'GFLOP/s': (products / microseconds / 1000).toFixed(1),
    'arithmetic, us': arithmetic.toFixed(1),
    'memory, us': memory.toFixed(1),
    'of its limit': (Math.max(arithmetic, memory) / microseconds).toFixed(2),
  };
}

function parameterBytes({ kernel, bias }: Conv2dLayer | DenseLayer): number {
  return 4 * (kernel.size + (bias?.size ?? 0));
}

/** How many products, each as large as the forward one, a pass makes. */
function productsOf(name: string, layer: string): number {
  if (name.endsWith(' spectrum')) return 0;
  if (!name.endsWith(' backward')) return 1;
  const isDense = layers.get(layer)?.kind === 'dense';
  return (isDense ? 0 : 1) + (weighted[0].name === layer ? 0 : 1);
}
