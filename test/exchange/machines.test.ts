/** Several machines, made up of network namespaces: the bits of one process, and what becomes of faults. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMachines, type Machines, whyNoMachines } from '../../testing/exchange/machines.ts';
import { bitsOf, makeTraining, type Training } from '../../testing/exchange/trainings.ts';

const program = join(import.meta.dirname, '..', '..', 'testing', 'exchange', 'rank-program.ts');
const why = whyNoMachines();
/** Several programs start one after the other, on a machine that may have other work. */
const timeout = 600_000;

let machines: Machines;
beforeAll(() => {
  if (why === undefined) machines = createMachines();
});
afterAll(() => machines?.remove());

/** What each rank has printed of each training. */
async function bitsOfRanks(ranksAMachine: number, trainings: readonly Training[]): Promise<unknown[][]> {
  const { exitCode, stdout, stderr } = await machines.run(ranksAMachine, [
    ...[process.execPath, program, `'${JSON.stringify(trainings)}'`],
  ]);
  expect(exitCode, stderr).toBe(0);
  const printed = [...stdout.matchAll(/^bits (.*)$/gm)].map(([, line]) => JSON.parse(line));
  // Every rank prints its lines in order; lines of different ranks come in any.
  return trainings.map((_, at) => printed.filter((one) => one.globalStep === stepsOf(trainings[at])));
}

const stepsOf = ({ options }: Training): number => options.steps ?? 0;

describe('On two machines', () => {
  // Each of another number of steps, by which their results are told apart.
  const trainings: readonly Training[] = [
    { network: 'dropout', options: { steps: 40, workers: 1, momentum: 0.9 } },
    { network: 'dropout', options: { steps: 9, workers: 2, optimizer: 'adam' } },
    { network: 'normalized', options: { steps: 10, workers: 2, momentum: 0.9 } },
    { network: 'normalized', options: { steps: 8, workers: 1, optimizer: 'adam' } },
    // What knows the whole batch, the whole gradient or the step.
    {
      network: 'dropout',
      options: {
        ...{ steps: 12, workers: 1, optimizer: 'lamb', weightDecay: 0.01, globalClipNorm: 0.5 },
        ...{ schedule: 'cosine', warmupSteps: 3, emaMomentum: 0.9, labelSmoothing: 0.1 },
        ...{ randomCrop: 2, randomFlip: 'horizontal', cutout: 5, normalize: true },
      },
    },
    {
      network: 'normalized',
      options: {
        ...{
          steps: 14,
          workers: 2,
          optimizer: 'nesterov',
          accumulateSteps: 2,
          clipNorm: 0.3,
          emaMomentum: 0.5,
        },
        ...{ schedule: 'reduceOnPlateau', plateauPatience: 1, evalEvery: 4 },
        ...{ randomShift: 3, randomRotation: 20, fillMode: 'nearest' },
      },
    },
  ];

  let expected: unknown[];
  beforeAll(async () => {
    if (why !== undefined) return;
    expected = [];
    for (const { network, options } of trainings) {
      const workers = 3 - (options.workers ?? 1);
      expected.push(bitsOf(await makeTraining({ network, options: { ...options, workers } })));
    }
  });

  test.for([2, 4])('%d ranks end with the bits of one process', { timeout }, async (ranks, { skip }) => {
    if (why !== undefined) skip(why);
    const found = await bitsOfRanks(ranks / 2, trainings);
    expect(found).toEqual(expected.map((bits) => Array.from({ length: ranks }, () => bits)));
  });

  test('over a slow link, ranks that send rows end with them too', { timeout }, async ({ skip }) => {
    if (why !== undefined) skip(why);
    const wide: readonly Training[] = [
      { network: 'wide', options: { steps: 15, workers: 2, momentum: 0.9 } },
      {
        network: 'wide',
        options: { steps: 11, workers: 1, optimizer: 'adam', shards: 6, globalClipNorm: 0.1 },
      },
    ];
    const whole = [];
    for (const training of wide) whole.push(bitsOf(await makeTraining(training)));
    machines.shape('500mbit');
    try {
      expect(await bitsOfRanks(1, wide)).toEqual(whole.map((bits) => [bits, bits]));
    } finally {
      machines.shape(undefined);
    }
  });

  test('a run goes on with other numbers of ranks', { timeout }, async ({ skip }) => {
    if (why !== undefined) skip(why);
    const run = join(machines.directory, 'run');
    const part = (steps: number, resume = true): Training => ({
      ...{ network: 'dropout', run, resume },
      options: { steps, workers: 1, momentum: 0.9 },
    });
    await makeTraining(part(11, false));
    await bitsOfRanks(2, [part(22)]);
    await bitsOfRanks(1, [part(30)]);
    const { globalStep, parametersSha256 } = bitsOf(await makeTraining(part(40)));
    expect({ globalStep, parametersSha256 }).toEqual({
      globalStep: 40,
      parametersSha256: (expected[0] as ReturnType<typeof bitsOf>).parametersSha256,
    });
  });
});
