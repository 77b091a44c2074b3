/** What ranks send one another after the gradient phase. */
import { expect, test } from 'vitest';
import { type PanelNetwork, panel } from '../../../scripts/peers/networks/panel.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { examplesFor } from '../../../src/coordinator/examples/targets.ts';
import { planSession } from '../../../src/coordinator/planning/plan-session.ts';
import type { ExampleSet } from '../../../src/data/example-set.ts';
import { partsOfRanks, putRows, takeRows } from '../../../src/exchange/batch-rows.ts';
import { classifierLoss } from '../../../src/loss/loss-of.ts';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { sizeOf } from '../../../src/shape.ts';
import { digitNetwork, firstDigits } from '../../../testing/digits.ts';
import { wideNetwork } from '../../../testing/exchange/trainings.ts';

const digits = await firstDigits(250);

test.for([
  ['rows, where they are fewer than the gradients', wideNetwork, 40, 2, 1e8, true],
  ['gradients over a fast link', wideNetwork, 40, 2, 1e9, false],
  ['gradients of a large batch', wideNetwork, 120, 2, 1e8, false],
  ['gradients of a small network', digitNetwork, 40, 2, 1e8, false],
  ['nothing, alone', wideNetwork, 40, 1, 1e8, false],
] as const)('Ranks send %s.', async ([, network, batchSize, ranks, speed, isGathered]) => {
  const [exchange, linkSpeed] = [{ rank: 0, ranks }, async () => speed];
  const settings = resolveConfig({ batchSize, shards: 8, workers: 1 });
  const { optimizer } = settings;
  const train = examplesFor(classifierLoss.name, digits, network, 'the training set');
  const plan = { network, train, settings, optimizer, loss: classifierLoss, exchange, linkSpeed };
  const { batchRegions, batchMemory } = await planSession(plan);
  expect(batchRegions !== undefined).toBe(isGathered);
  expect(batchMemory.batchSize).toBe(isGathered || ranks === 1 ? batchSize : batchSize / 2);
});

test('Each rank ends with the rows of all of them, and others are left as they are.', () => {
  const regions = [
    { offset: 3, runs: 2, runBytes: 20, of: 'example', bytes: 2 },
    { offset: 50, runs: 3, runBytes: 4, of: 'shard', bytes: 1 },
  ] as const;
  const parts = partsOfRanks(7, 4, 4);
  expect(parts.map(({ first, count }) => [first, count])).toEqual([
    [0, 1],
    [1, 2],
    [3, 2],
    [5, 2],
  ]);
  const whole = Uint8Array.from({ length: 64 }, (_, at) => at);
  const seen = new Uint8Array(64);
  for (const part of parts) putRows(seen, regions, part, takeRows(whole, regions, part));
  const isRow = (at: number) => (at >= 3 && at < 17) || (at >= 23 && at < 37) || (at >= 50 && at < 62);
  expect([...seen]).toEqual([...whole].map((value, at) => (isRow(at) ? value : 0)));
});

test('The inputs of sets are no part of the memory, but those of rooms are.', async () => {
  const settings = resolveConfig({ batchSize: 40, shards: 8, workers: 2 });
  const [few, many] = [25, 250].map((count) => ({
    ...digits,
    count,
    inputs: digits.inputs.subarray(0, count * 784),
    labels: digits.labels.subarray(0, count),
  }));
  const sizeOf = async (digitsOf: typeof few, rooms: readonly 'train'[] = []) => {
    const train = examplesFor(classifierLoss.name, digitsOf, digitNetwork, 'the training set');
    const { layout } = await planSession({
      ...{
        network: digitNetwork,
        train,
        rooms,
        settings,
        optimizer: settings.optimizer,
        loss: classifierLoss,
      },
      exchange: { rank: 0, ranks: 1 },
    });
    return layout.arenas[1].update;
  };
  const [perExample, ofLabels] = [784, 8];
  expect((await sizeOf(many)) - (await sizeOf(few))).toBeLessThan(225 * (ofLabels + 1));
  expect((await sizeOf(many, ['train'])) - (await sizeOf(few, ['train']))).toBeGreaterThanOrEqual(
    225 * perExample,
  );
});

test.for([
  ['tutorial', 88],
  ['conv3x3', 85],
  ['vgg11', 320],
  ['resnet20', 215],
] as const)('The memory of the network %s, with two workers, is at most %i MB.', async ([name, most]) => {
  const { topology, batch } = panel.find((one) => one.name === name) as PanelNetwork;
  const network = readNetwork(topology);
  const settings = resolveConfig({ batchSize: batch, workers: 2, momentum: 0.9 });
  const values = (length: number) => new SharedArrayBuffer(length);
  const train: ExampleSet = {
    ...{ shape: network.input, count: batch, width: network.classes },
    inputType: 'uint8',
    inputs: new Uint8Array(values(batch * sizeOf(network.input))),
    targetType: 'class',
    targets: new Uint32Array(values(batch * 4)),
  };
  const { layout } = await planSession({
    ...{ network, train, settings, optimizer: settings.optimizer, loss: classifierLoss },
    exchange: { rank: 0, ranks: 1 },
  });
  expect(layout.byteLength).toBeLessThan(most * 1e6);
});

test.for([
  ['tutorial', 200],
  ['keras-cnn', 100],
  // Its layers' outputs are small, but what its steps leave is not.
  ['lstm', 50],
] as const)(
  'An evaluation of the network %s takes %i examples at once: what fits into 64 MiB.',
  async ([name, examples]) => {
    const { topology } = panel.find((one) => one.name === name) as PanelNetwork;
    const network = readNetwork(topology);
    const count = 1000;
    const test: ExampleSet = {
      ...{ shape: network.input, count, width: network.classes },
      inputType: 'float32',
      inputs: new Float32Array(new SharedArrayBuffer(count * sizeOf(network.input) * 4)),
      targetType: 'class',
      targets: new Uint32Array(new SharedArrayBuffer(count * 4)),
    };
    const settings = { ...resolveConfig({ workers: 2 }), batchSize: 1, shards: 1 };
    const { maxExamples, layout } = await planSession({
      ...{ network, test, settings, optimizer: settings.optimizer, loss: classifierLoss },
      exchange: { rank: 0, ranks: 1 },
    });
    expect(maxExamples).toBe(examples);
    expect(layout.arenas[1].engine - layout.arenas[0].engine).toBeLessThan(65 * 2 ** 20);
  },
);
