import { describe, expect, it } from 'vitest';
import { type DatasetInit, dataset } from '../../src/data/dataset.ts';
import { dataHash } from '../../src/data/dataset-hash.ts';
import { GradpoolError } from '../../src/errors.ts';

const init = { inputs: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), labels: [0, 2], shape: [2, 2, 1] };

describe('A data set from typed arrays', () => {
  it('takes shape, count, type and classes from what it is given', () => {
    expect(dataset(init)).toMatchObject({ shape: [2, 2, 1], count: 2, inputType: 'uint8', classes: 3 });
    const floats = {
      inputs: Float32Array.from([0.5, -1]),
      labels: Uint8Array.from([1, 0]),
      shape: [1],
      classes: 5,
    };
    expect(dataset(floats)).toMatchObject({ count: 2, inputType: 'float32', classes: 5 });
    const words = dataset({ ...floats, inputs: Int32Array.from([300, -1]) });
    expect(words).toMatchObject({ count: 2, inputType: 'int32' });
    expect(words.inputs).toEqual(Int32Array.from([300, -1]));
    expect(words.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('copies ordinary arrays into shared memory', () => {
    const inputs = init.inputs.slice();
    const made = dataset({ ...init, inputs });
    inputs[0] = 99;
    expect([...made.inputs]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(made.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(made.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
    const floats = dataset({ ...init, inputs: Float32Array.from(inputs) });
    expect(floats.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...floats.inputs]).toEqual([99, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('keeps arrays that stand on shared memory where they are', () => {
    const inputs = new Uint8Array(new SharedArrayBuffer(24), 16, 8);
    expect(dataset({ ...init, inputs }).inputs).toBe(inputs);
  });

  it.each<[string, Partial<DatasetInit>, RegExp]>([
    ['no shape', { shape: [] }, /`shape`.*\[\]/],
    ['a size of zero', { shape: [2, 0, 1] }, /`shape`.*2, 0, 1/],
    ['a broken size', { shape: [2, 0.5, 4] }, /`shape`.*0\.5/],
    [
      'other arrays',
      { inputs: [1, 2] as unknown as Uint8Array },
      /Uint8Array, an Int32Array or a Float32Array/,
    ],
    ['no examples', { inputs: new Uint8Array(0), labels: [] }, /at least one example/],
    ['too few inputs', { inputs: new Uint8Array(7) }, /2 examples.*4 values.*got 7/],
    ['too many labels', { labels: [0, 1, 2] }, /3 examples.*got 8/],
    ['a label outside the classes', { classes: 2 }, /example 1.*0 to 1, got 2/],
    ['a negative label', { labels: [-1, 0] }, /example 0.*got -1/],
    ['a broken label', { labels: [0, 1.5] }, /example 1.*got 1\.5/],
    ['a label that is no number', { labels: [0, Number.NaN] }, /example 1.*got NaN/],
    ['an immense label', { labels: [0, 2 ** 31 - 1] }, /example 1.*got 2147483647/],
    ['classes of zero', { classes: 0 }, /`classes`.*got 0/],
    ['classes that are no number', { classes: Number.NaN }, /`classes`.*got NaN/],
    [
      'an infinite input',
      { inputs: new Float32Array(8).fill(Number.POSITIVE_INFINITY, 3) },
      /Infinity at index 3/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => dataset({ ...init, ...change })).toThrow(GradpoolError);
    expect(() => dataset({ ...init, ...change })).toThrow(message);
  });
});

describe('A data set beyond the memory of a training', () => {
  it('is refused before its values are looked at', () => {
    // Pages that nobody writes to take no memory.
    const inputs = new Float32Array(2 ** 30);
    inputs[0] = Number.NaN;
    const huge = { inputs, labels: new Uint8Array(2 ** 10), shape: [2 ** 20] };
    expect(() => dataset(huge)).toThrow(
      /`dataset`: expected data that fit into the 4096 MiB of shared memory.*got 4097 MiB: `inputs` 4097 MiB/,
    );
  });
});

describe('The hash of a data set', () => {
  const hash = (change: Partial<DatasetInit> = {}) => dataHash(dataset({ ...init, ...change }));

  it('is the same for the same content, wherever it lies', () => {
    const inputs = new Uint8Array(new SharedArrayBuffer(24), 16, 8);
    inputs.set(init.inputs);
    expect(hash({ inputs })).toBe(hash());
    expect(hash()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('changes with an input, a label, the shape, the type and the classes', () => {
    const hashes = [
      hash(),
      hash({ inputs: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 9]) }),
      hash({ labels: [1, 2] }),
      hash({ shape: [4, 1, 1] }),
      hash({ inputs: Float32Array.from(init.inputs) }),
      hash({ classes: 4 }),
    ];
    expect(new Set(hashes).size).toBe(6);
  });
});
