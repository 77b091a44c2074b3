import { describe, expect, test } from 'vitest';
import { type LayoutRequest, layOutMemory } from '../../../src/coordinator/planning/memory-layout.ts';
import { plainUpdates } from '../../../src/optimizer/update-settings.ts';

const mebibyte = 2 ** 20;

/** 2 parameter buffers of 8 MiB, 2 of the optimizer, 4 slots of 4 MiB, 16 MiB of activations, 2 workers of 3 MiB. */
const request: LayoutRequest = {
  reservedBytes: 65536,
  parameterFloats: 2 * mebibyte,
  slotFloats: mebibyte,
  stateFloats: 0,
  constantFloats: 0,
  derivedFloats: 0,
  weights: [],
  update: plainUpdates,
  batchBytes: 16 * mebibyte,
  optimizerInitialState: [0],
  shards: 4,
  hasSums: false,
  workers: 2,
  engineArenaBytes: 2 * mebibyte,
  updateScratchBytes: mebibyte,
  classes: 10,
  batchSize: 100,
  train: undefined,
  test: undefined,
  availableBytes: 2 ** 33,
};

describe('What does not fit into memory', () => {
  test('is refused with what it needs, what the machine has left, and the size of each part by its option', () => {
    expect(() => layOutMemory({ ...request, availableBytes: 40 * mebibyte })).toThrow(
      /^Expected the training to fit into the 40 MiB that this machine has left of shared memory, got 71 MiB: parameters 16 MiB, optimizer state 16 MiB, gradients \(`shards`\) 16 MiB, activations \(`batchSize`\) 16 MiB, .*workers \(`workers`, `batchSize`\) 6 MiB; choose smaller ones$/,
    );
  });

  test('is refused beyond the 4 GiB of WebAssembly, however much the machine has', () => {
    expect(() => layOutMemory({ ...request, shards: 1024 })).toThrow(
      /^Expected the training to fit into 4096 MiB of shared memory, got 4151 MiB: .*gradients \(`shards`\) 4096 MiB/,
    );
  });

  test('fits to the byte', () => {
    const { byteLength } = layOutMemory(request);
    expect(layOutMemory({ ...request, availableBytes: byteLength }).byteLength).toBe(byteLength);
    expect(() => layOutMemory({ ...request, availableBytes: byteLength - 65536 })).toThrow(
      /that this machine/,
    );
  });
});
