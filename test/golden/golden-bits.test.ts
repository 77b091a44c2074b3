/**
 * What small trainings give, bit for bit, as it was recorded: a change of the code that moves a bit without a new
 * version of the kernels turns this red. A run of the version before could then not be resumed to the bits that it
 * would have had, and nobody would be told.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Arithmetic, mnistCnn } from '../../src/index.ts';
import { fewTilesModel, manyChannelsModel, tilesModel } from '../../testing/golden/layer-models.ts';
import { fourierModel, penalizedModel, recurrentModel } from '../../testing/golden/models.ts';
import { recordedBits, recordedNames } from '../../testing/golden/recorded.ts';
import { severalFitCase, severalFitCases } from '../../testing/golden/several-trainings.ts';
import type { TrainCase } from '../../testing/golden/train-case.ts';
import { bitsOf, fitCase, fitCases, trainCase, trainCases } from '../../testing/golden/trainings.ts';

const caseOf = (model: () => LayersModel): TrainCase =>
  trainCases[trainCases.findIndex((one) => one.model === model)];
const [fourier, recurrent, penalized, manyChannels, tiles, fewTiles] = [
  fourierModel,
  recurrentModel,
  penalizedModel,
  manyChannelsModel,
  tilesModel,
  fewTilesModel,
].map(caseOf);

describe.for(['relaxed', 'portable'] as const)(
  'train with the %s kernels gives the recorded bits:',
  (simd) => {
    test.for(byName(trainCases))('%s', async ([, golden]) => {
      const { bits, arithmetic, ways } = await trainCase(golden, { simd });
      expect(ways).toEqual(golden.ways);
      expect(bits).toEqual(recordedBits(arithmetic, golden.name, bits));
    });
  },
);

test.for(byName([fourier, recurrent, penalized, manyChannels, tiles, fewTiles]))(
  'train with the wide kernels and 3 workers gives the recorded bits: %s',
  async ([, golden]) => {
    const { bits, arithmetic } = await trainCase(golden, { simd: 'wide', workers: 3 });
    expect(bits).toEqual(recordedBits(arithmetic, golden.name, bits));
  },
);

test('a training that was ended and resumed with other workers gives the recorded bits', async () => {
  const run = await mkdtemp(join(tmpdir(), 'gradpool-golden-'));
  onTestFinished(() => rm(run, { recursive: true, force: true }));
  await trainCase(fourier, { run, steps: 2 });
  const { bits, arithmetic } = await trainCase(fourier, { run, resume: true, workers: 2 });
  expect(bits).toEqual(recordedBits(arithmetic, fourier.name, bits));
});

describe.for(['relaxed', 'portable'] as const)('fit with the %s kernels gives the recorded bits:', (simd) => {
  /** `fit` does not say with which arithmetic it computes: with that of a `train`. */
  let arithmetic: Arithmetic;
  beforeAll(async () => {
    ({ arithmetic } = await trainCase(trainCases[2], { steps: 1, simd }));
  });

  test.for(byName(fitCases))('%s', async ([, golden]) => {
    const bits = await fitCase(golden, { simd });
    expect(bits).toEqual(recordedBits(arithmetic, golden.name, bits));
  });

  test.for(byName(severalFitCases))('%s', async ([, golden]) => {
    for (const workers of [1, 3]) {
      const bits = await severalFitCase(golden, { simd, workers });
      expect(bits).toEqual(recordedBits(arithmetic, golden.name, bits));
    }
  });

  test('also with 3 workers', async () => {
    const [, weighted] = fitCases;
    const bits = await fitCase(weighted, { simd, workers: 3 });
    expect(bits).toEqual(recordedBits(arithmetic, weighted.name, bits));
  });
});

test("the initial values of the tutorial's network are those of before", () => {
  expect(bitsOf(mnistCnn({ seed: 3 }), []).parameters).toBe(initialValues);
});

const initialValues = '944c3144e24f1c5a2c3f9d9da3abfbcd33d3747d9f3ce810fc7038817598605f';

test('every case is recorded, and nothing that is no case', () => {
  const names = [...trainCases, ...fitCases, ...severalFitCases].map(({ name }) => name);
  const recorded = new Set(Object.values(recordedNames()).flat());
  expect([...recorded].sort()).toEqual(names.sort());
});

/** Vitest cuts a long `$name` off. */
function byName<Case extends { readonly name: string }>(cases: readonly Case[]): [string, Case][] {
  return cases.map((golden) => [golden.name, golden]);
}
