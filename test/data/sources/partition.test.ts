import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';
import { dataset } from '../../../src/data/dataset.ts';
import { dataHash } from '../../../src/data/dataset-hash.ts';
import { partition, wholeHashes } from '../../../src/data/sources/partition.ts';

const labelled = (...labels: number[]) =>
  dataset({
    inputs: Float32Array.from(labels),
    labels,
    shape: [1],
    classes: 9,
    classNames: [...'abcdefghi'],
  });
const data = { train: labelled(0, 1, 2, 3, 4, 5, 6), test: labelled(7, 8) };

describe('A data set is parted', () => {
  test.each([
    [{}, [0, 1, 2, 3, 4, 5, 6], [7, 8]],
    [{ validationSplit: 0.3 }, [0, 1, 2, 3], [4, 5, 6]],
    [{ validationSplit: 0.8 }, [0], [1, 2, 3, 4, 5, 6]],
    [{ overfit: 2 }, [0, 1], [0, 1]],
    [{ overfit: 7 }, [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]],
  ])('%j: as Keras does it, the last examples are evaluated on', (parts, trained, evaluated) => {
    const { train, test: rest } = partition(data, parts);
    expect([[...train.labels], [...rest.labels]]).toEqual([trained, evaluated]);
    expect([[...train.inputs], [...rest.inputs]]).toEqual([trained, evaluated]);
    expect([train.classes, rest.classNames]).toEqual([9, [...'abcdefghi']]);
  });

  test('and the whole of it is known by its hashes, where it is', () => {
    const { train, test: rest } = data;
    expect(wholeHashes(data, {})).toEqual({});
    const hashes = { trainSha256: dataHash(train), testSha256: dataHash(rest) };
    expect(wholeHashes(data, { overfit: 2 })).toEqual(hashes);
    expect(wholeHashes({ train }, { validationSplit: 0.5 })).toEqual({ trainSha256: dataHash(train) });
  });
});

test.each([
  [{ validationSplit: 0.99 }, /`validationSplit` to leave examples to train on, got 0.99 of 7$/],
  [{ overfit: 8 }, /`overfit` to be at most the training set's 7 examples, got 8$/],
])('%j leaves nothing, and is refused', (parts, message) => {
  expect(() => partition(data, parts)).toThrow(message);
});

test.each([
  [{ validationSplit: 0 }, /`validationSplit` to be greater than 0, got `0`$/],
  [{ validationSplit: 1 }, /`validationSplit` to be a finite number from 0 to less than 1, got `1`$/],
  [{ overfit: 0 }, /`overfit` to be an integer >= 1, got `0`$/],
  [{ overfit: 1, validationSplit: 0.1 }, /`overfit` to be given without `validationSplit`, got both$/],
])('%j is refused before any data are read', (options, message) => {
  expect(() => resolveConfig(options)).toThrow(message);
});

test('A batch is by default no larger than the examples of `overfit`.', () => {
  expect(resolveConfig({ overfit: 12 })).toMatchObject({ batchSize: 12, shards: 8 });
  expect(resolveConfig({ overfit: 500 })).toMatchObject({ batchSize: 100 });
  expect(resolveConfig({ overfit: 12, batchSize: 4 })).toMatchObject({ batchSize: 4 });
});
