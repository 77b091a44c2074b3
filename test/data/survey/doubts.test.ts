import { describe, expect, it } from 'vitest';
import { type DatasetInit, dataset } from '../../../src/data/dataset.ts';
import { dataDoubts } from '../../../src/data/survey/doubts.ts';

/** A data set of two values an example, 7 and 200 unless other ones are given. */
const set = (labels: number[], change: Partial<DatasetInit> = {}) =>
  dataset({
    labels,
    inputs: Uint8Array.from({ length: 2 * labels.length }, (_, at) => (at % 2 === 0 ? 7 : 200)),
    shape: [2],
    ...change,
  });

const floats = (...inputs: number[]) => set([0, 1], { inputs: Float32Array.from(inputs) });
const manyOf = (count: number, ...more: number[]) => [
  ...Array.from({ length: count }, (_, at) => at % 3),
  ...more,
];

describe('Data as they should be', () => {
  it.each([
    ['of all classes', set([0, 1, 2]), set([2, 0], { classes: 3 })],
    ['without a test set', set([0, 1]), undefined],
    ['of one class that is the only one', set([0, 0]), undefined],
    ['of one example', set([0]), undefined],
    ['of floats from 0 to 1', floats(0, 1, 0.5, 0), undefined],
    ['of standardised floats', floats(-3, 12, 0.5, 0), undefined],
  ])('%s raise no doubt', (_, train, test) => expect(dataDoubts(train, test)).toEqual([]));
});

describe('Data that are surely not meant raise one doubt', () => {
  it.each<[string, ReturnType<typeof set>, ReturnType<typeof set> | undefined, RegExp]>([
    [
      'a stray label',
      set(manyOf(300, 255)),
      undefined,
      /^the training set has no example of 252 of its 256 classes: classes 3 to 254; 1 label of 255 may be damaged$/,
    ],
    ['labels from 1 on', set([1, 2, 3]), undefined, /^class 0 has no example.*EMNIST/],
    ['gaps', set([0, 2, 5]), undefined, /no example of 3 of its 6 classes: classes 1, 3 to 4$/],
    ['one class without an example', set([0, 2, 2]), undefined, /no example of 1 of its 3 classes: class 1$/],
    [
      'more classes than labels',
      set([0, 1], { classes: 4 }),
      undefined,
      /no example of 2 of its 4 classes: classes 2 to 3$/,
    ],
    ['labels that are all the same', set([3, 3, 3]), undefined, /^all 3 labels of the training set are 3/],
    [
      'test labels that are all the same',
      set([0, 1]),
      set([1, 1], { classes: 2 }),
      /^all 2 labels of the test set are 1/,
    ],
    [
      'floats from 0 to 255',
      floats(0, 255, 17, 3),
      undefined,
      /float32 inputs reach from 0 to 255: divide them by 255/,
    ],
    ['other large floats', floats(-1000, 5, 0, 0), undefined, /reach from -1000 to 5: scale them/],
    [
      'bytes of 0 and 1',
      set([0, 1], { inputs: Uint8Array.of(0, 1, 1, 0) }),
      undefined,
      /uint8 inputs are 0 and 1 only/,
    ],
    [
      'inputs that are all the same',
      set([0, 1], { inputs: new Uint8Array(4) }),
      undefined,
      /^all values of the training set's inputs are 0/,
    ],
  ])('%s', (_, train, test, message) =>
    expect(dataDoubts(train, test)).toEqual([expect.stringMatching(message)]),
  );

  it('test classes that training lacks, beside the missing classes themselves', () => {
    expect(dataDoubts(set([0, 2], { classes: 4 }), set([3, 0, 1], { classes: 4 }))).toEqual([
      'the training set has no example of 2 of its 4 classes: classes 1, 3',
      'the test set has examples of classes 1, 3, of which the training set has none: they are always classified wrong',
    ]);
  });
});
