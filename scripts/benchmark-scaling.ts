/**
 * npm run benchmark:scaling: images a second of the tutorial's network with batches of 10 to 1,000, with dense layers
 * of 256 to 2,048 units, and with 1, 2, 4 and 8 workers, each against the default, in interleaved rounds of one run;
 * and how fast one thread reads and writes memory.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { TrainOptions } from '../src/config.ts';
import { mnist } from '../src/data/mnist.ts';
import { initialValues } from '../src/model/initial-values.ts';
import { mnistCnnSpec } from '../src/model/mnist-cnn-spec.ts';
import { readNetwork } from '../src/model/read-network.ts';
import type { ModelSpec } from '../src/protocol.ts';
import { enableWideKernels } from '../src/wide-kernels.ts';
import { createMemoryMeter } from './benchmark/memory-speed.ts';
import { median, spread } from './benchmark/statistics.ts';
import { openTrainer, type Trainer } from './benchmark/trainer.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, images: { type: 'string', default: '600' } },
});
const cores = availableParallelism();
const base = { workers: cores, batchSize: 100 };
const cases: readonly (TrainOptions & { readonly workers: number; readonly units?: number })[] = [
  base,
  ...[10, 30, 300, 1000].map((batchSize) => ({ ...base, batchSize })),
  ...[256, 512, 2048].map((units) => ({ ...base, units })),
  ...[1, 2, 4, 8].filter((workers) => workers !== cores).map((workers) => ({ ...base, workers })),
];

enableWideKernels();
const { train } = await mnist();
const measured: { name: string; trainer: Trainer; parameters: number; rates: number[] }[] = [];
for (const { units = 1024, ...options } of cases) {
  const model = modelOf(units);
  const trainer = await openTrainer(model, train, options);
  const name = `batch ${options.batchSize}, ${units} units, ${options.workers} workers`;
  measured.push({ name, trainer, parameters: model.network.parameterCount, rates: [] });
}
const memory = createMemoryMeter();
const bandwidth: number[] = [];
for (let round = 0; round <= Number(values.rounds); round++) {
  console.error(`round ${round} of ${values.rounds}`);
  if (round > 0) bandwidth.push(await memory());
  for (const [index, { trainer, rates }] of measured.entries()) {
    const steps = Math.max(2, Math.ceil(Number(values.images) / (cases[index].batchSize ?? 100)));
    const rate = await trainer.train(steps);
    // The runtime compiles the kernels again, better, during the first steps.
    if (round > 0) rates.push(rate);
  }
}
for (const { trainer } of measured) await trainer.session.close();
console.log(
  `${cores} cores, Node.js ${process.version}, kernels: ${measured[0].trainer.session.variant}; ${values.rounds} rounds of ${values.images} images; medians (least to most)`,
);
console.log(`memory, one thread: ${spread(bandwidth, 1)} GB/s read and written`);
console.table(Object.fromEntries(measured.map((one) => [one.name, row(one)])));

function row({ trainer, parameters, rates }: (typeof measured)[number]) {
  const ratios = rates.map((rate, round) => rate / measured[0].rates[round]);
  return {
    parameters,
    'images/s': spread(rates, 0),
    'of the default': median(ratios).toFixed(2),
    'shared memory, MB': Math.ceil(trainer.session.layout.byteLength / 2 ** 20),
  };
}

/** The tutorial's network with another number of units in its dense layer. */
function modelOf(units: number): ModelSpec {
  const { topology } = mnistCnnSpec();
  const copy = structuredClone(topology) as {
    config: { layers: { config: { name: string; units?: number } }[] };
  };
  for (const { config } of copy.config.layers) if (config.name === 'dense') config.units = units;
  const network = readNetwork(copy);
  return { topology: copy, network, parameters: initialValues(network, 1) };
}
