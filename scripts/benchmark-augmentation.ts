/**
 * What augmentation costs: the CPU time of making a batch's images over that of the step of ResNet-20 that takes them, in
 * turns, medians.
 *
 *     node scripts/benchmark-augmentation.ts
 */
import { availableParallelism, cpus } from 'node:os';
import type { PreparationOptions } from '../src/config/preparation-options.ts';
import { resolvePreparation } from '../src/config/preparation-options.ts';
import { preparationOf } from '../src/coordinator/examples/preparation.ts';
import type { ExampleBatch } from '../src/engine/engine.ts';
import { createTrainer, dataset, enableWideKernels } from '../src/index.ts';
import { modelSpec } from '../src/model/tfjs/layers-model.ts';
import { createPreparing, preparedBytes } from '../src/worker/preparing.ts';
import { integers } from '../testing/engine/values.ts';

const batchSize = 32;
const rounds = 15;
const shape = [32, 32, 3];
const examples = {
  inputs: Uint8Array.from(integers(1, batchSize * 3072, 256)),
  labels: integers(2, batchSize, 10),
  ...{ shape, classes: 10 },
};

const cases: Readonly<Record<string, PreparationOptions>> = {
  'as examples/resnet20 (crop, flip, cutout, normalize)': {
    ...{ randomCrop: 4, randomFlip: 'horizontal', cutout: 8, normalize: true },
  },
  'with rotation, too': {
    ...{ randomShift: 2, randomCrop: 4, randomFlip: 'both', randomRotation: 15, cutout: 8, normalize: true },
    fillMode: 'reflect',
  },
};

const module = new URL('../examples/resnet20/resnet20.js', import.meta.url).href;
const { default: resnet20 } = await import(module);
const model = resnet20({ inputShape: shape, classes: 10 });
enableWideKernels();
const trainer = await createTrainer(
  model,
  { train: dataset(examples) },
  { workers: 1, batchSize, learningRate: 1e-3 },
);
const preparings = Object.entries(cases).map(([name, options]) => ({ name, prepare: preparing(options) }));
const shares = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  const step = await cpuTime(() => trainer.step());
  for (const { name, prepare } of preparings) {
    const share = (await cpuTime(() => prepare(round))) / step;
    shares.set(name, [...(shares.get(name) ?? []), share]);
  }
}
await trainer.close();
console.log(`${availableParallelism()} cores, ${cpus()[0]?.model}, Node.js ${process.versions.node}`);
for (const [name, all] of shares) {
  const median = all.toSorted((a, b) => a - b)[rounds >> 1];
  console.log(`${name}: ${(100 * median).toFixed(2)} % of a step of ${batchSize} images`);
}

/** @returns what makes a step's images */
function preparing(options: PreparationOptions): (step: number) => void {
  const { network } = modelSpec(model);
  const inputs = { shape, inputType: 'uint8', inputs: examples.inputs } as const;
  const preparation = preparationOf(resolvePreparation(options), inputs, network);
  if (preparation === undefined) throw new Error('Expected something to be made of the examples');
  const at = { inputs: 65536, targets: 0, indices: 0 };
  at.targets = at.inputs + examples.inputs.length;
  at.indices = at.targets + batchSize * 4;
  const offset = at.indices + batchSize * 4;
  const pages = Math.ceil((offset + preparedBytes(network, batchSize)) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Uint8Array(memory.buffer, at.inputs).set(examples.inputs);
  new Uint32Array(memory.buffer, at.indices, batchSize).forEach((_, row, rows) => {
    rows[row] = row;
  });
  const { forTraining } = createPreparing(
    { memory, network, maxExamples: batchSize, seed: 1 },
    preparation,
    offset,
  );
  const batch: ExampleBatch = {
    ...{ count: batchSize, inputsOffset: at.inputs, indicesOffset: at.indices, targetsOffset: at.targets },
    ...{ parametersOffset: 0, predictionsOffset: 0 },
    inputType: 'uint8',
    targetType: 'class',
  };
  return (step) => void forTraining(batch, { step, position: 0 });
}

/** Of all threads, in microseconds. */
async function cpuTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
