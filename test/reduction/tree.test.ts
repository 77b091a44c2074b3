import { describe, expect, test } from 'vitest';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import { treeSum } from '../../src/reduction/tree.ts';
import { uniform } from '../../testing/engine/values.ts';
import { plainTreeSum } from '../../testing/reduction/plain-tree-sum.ts';

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const kernels = instantiateKernels((await chooseKernels('relaxed')).module, memory);
const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33];

describe('the tree sum', () => {
  test.for(counts)('of %d whole numbers is their sum', (count) => {
    const values = Array.from({ length: count }, (_, i) => 3 ** (i % 20));
    const sum = values.reduce((total, value) => total + value);
    expect(treeSum(values)).toBe(sum);
  });

  test('adds neighbours, level by level, and moves an odd last value up', () => {
    const values = [1, 1e-16, 1e-16, 1e-16, 1e-16];
    expect(treeSum([...values])).toBe(1 + 1e-16 + (1e-16 + 1e-16) + 1e-16);
    expect(treeSum([...values.slice(1), 1])).toBe(4e-16 + 1);
    expect(treeSum([...values.slice(1), 1])).not.toBe(treeSum([...values]));
  });

  test.for(counts)('of %d arrays in the kernel has the bits of the plain form', (count) => {
    const floats = 12;
    // Wider apart than they are long: what lies between belongs to others.
    const stride = (floats + 4) * 4;
    const slots = kernelStaticBytes;
    const scratch = slots + count * stride;
    const arrays = Array.from({ length: count }, (_, i) => uniform(i, floats, -1, 1));
    const all = new Float32Array(memory.buffer).fill(Number.NaN, slots / 4);
    for (const [i, array] of arrays.entries()) all.set(array, (slots + i * stride) / 4);
    const before = all.slice(slots / 4, scratch / 4);
    kernels.treeSum(slots, stride, count, floats, scratch);
    expect(all.slice(scratch / 4, scratch / 4 + floats)).toEqual(plainTreeSum(arrays));
    expect(all.slice(slots / 4, scratch / 4), 'the slots stay as they were').toEqual(before);
  });
});
