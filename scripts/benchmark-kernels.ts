/**
 * npm run benchmark:kernels [-- --only tutorial|layers] [--rounds 3]: where the time goes, one worker.
 * - the tutorial's network on MNIST: for each layer and pass the microseconds an image (of a step in the middle) and the GFLOP/s, as if every product
 *   were computed one multiplication after the other, beside two limits: the operations that are computed (zeros are
 *   skipped, where there are enough) at the core's measured peak, and the layer's parameters (with their update: theirs
 *   and the velocity's, old and new) at the measured speed of the memory, once a step. A convolution by transforms has no
 *   such limit. Then the time in each kernel.
 * - every other kind of layer alone, beside the speed of the memory, in rounds of changing order.
 */
import { parseArgs } from 'node:util';
import { createMatmulMeter } from '../src/benchmark/matmul-speed.ts';
import { createMemoryMeter } from '../src/benchmark/memory-speed.ts';
import { median, spread } from '../src/benchmark/statistics.ts';
import { mnist } from '../src/data/mnist.ts';
import { simdChoices } from '../src/kernels/simd.ts';
import { mnistCnnSpec } from '../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { Conv2dLayer, DenseLayer } from '../src/model/network.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { forwardFlop } from './benchmark/flop.ts';
import { layerRows, measureLayers } from './benchmark/layer-speeds.ts';
import { computedShare, type Profiled, profiledTraining, slowestFirst } from './benchmark/profiled.ts';

enableWideKernels();
const { values } = parseArgs({
  options: {
    simd: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '60' },
    'batch-size': { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const simd = simdChoices.find((name) => name === values.simd);
if (simd === undefined) throw new Error(`Expected --simd ${simdChoices.join(', ')}, got ${values.simd}`);
const options = { simd, steps: Number(values.steps) };
const rounds = Number(values.rounds);
const batchSize = Number(values['batch-size']);

const model = mnistCnnSpec();
/** By name; an activation has the name of its layer. */
const weighted = model.network.layers.filter((layer) => layer.kind === 'conv2d' || layer.kind === 'dense');
const layers = new Map(weighted.map((layer) => [layer.name, layer]));
const pass = / (forward|backward|weight gradient and update|spectrum)$/;

if (values.only !== 'layers') await measureTutorial();
if (values.only !== 'tutorial') {
  const runs = await measureLayers(options, rounds, (done, of) => console.error(`layer ${done} of ${of}`));
  console.log('Layers alone, batch 32:');
  const meters = [...runs.values()].flat();
  console.log(
    `matrix product before each: ${spread(
      meters.map(({ gflops }) => gflops),
      1,
    )} GFLOP/s; memory ${spread(
      meters.map(({ gigabytes }) => gigabytes),
      1,
    )} GB/s`,
  );
  console.table(layerRows(runs));
}

/** What one round measured. */
interface Round {
  readonly profiled: Profiled;
  readonly peaks: readonly number[];
  readonly gigabytes: number;
}

async function measureTutorial(): Promise<void> {
  const [meter, memory] = [await createMatmulMeter(options.simd), createMemoryMeter()];
  const { train } = await mnist();
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = meter();
    const profiled = await profiledTraining(model, train, { ...options, batchSize });
    measured.push({ profiled, peaks: [before, meter()], gigabytes: await memory() });
  }
  const peaks = measured.flatMap((round) => round.peaks);
  console.log(
    `Node.js ${process.version}, kernels: ${measured[0].profiled.kernels}, one worker, ${rounds} runs`,
  );
  console.log(
    `matrix product of this core, before and after each: ${spread(peaks, 1)} GFLOP/s; memory ${spread(
      measured.map(({ gigabytes }) => gigabytes),
      1,
    )} GB/s`,
  );
  const names = (pattern: RegExp) => slowestFirst(measured[0].profiled, pattern);
  console.table(Object.fromEntries(names(pass).map((name) => [name, passRow(name, measured)])));
  const kernels = names(/^\w+$/).filter((name) => !['gradient', 'update', 'evaluate'].includes(name));
  console.table(
    Object.fromEntries(kernels.map((name) => [name, { 'us an image': spread(timesOf(name, measured), 2) }])),
  );
}

/** Microseconds an image, in each round. */
function timesOf(name: string, measured: readonly Round[]): number[] {
  return measured.map(({ profiled }) => profiled.timeOf(name));
}

function passRow(name: string, measured: readonly Round[]) {
  const layer = layers.get(name.replace(pass, ''));
  const products = layer === undefined ? 0 : forwardFlop(layer) * productsOf(name, layer.name);
  const times = timesOf(name, measured);
  const row = { 'us an image': spread(times, 1) };
  if (layer === undefined || products === 0) return row;
  const plain = { ...row, 'GFLOP/s, plain': (products / median(times) / 1000).toFixed(1) };
  if (layer.kind !== 'dense') return plain;
  const share = median(measured.map(({ profiled }) => computedShare(profiled, name)));
  const bytes = parameterBytes(layer) * (name.endsWith(' update') ? 4 : 1);
  const limits = measured.map(({ peaks, gigabytes }) => ({
    arithmetic: (share * products) / 1000 / median(peaks),
    memory: bytes / 1000 / gigabytes / batchSize,
  }));
  const ofLimit = limits.map(({ arithmetic, memory }, index) => Math.max(arithmetic, memory) / times[index]);
  return {
    ...plain,
    'not zero': share.toFixed(2),
    'arithmetic, us': median(limits.map(({ arithmetic }) => arithmetic)).toFixed(1),
    'memory, us': median(limits.map(({ memory }) => memory)).toFixed(1),
    'of its limit': spread(ofLimit, 2),
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
