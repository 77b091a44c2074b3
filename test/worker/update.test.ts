import { describe, expect, test } from 'vitest';
import { layOutMemory } from '../../src/coordinator/planning/memory-layout.ts';
import type { ConstrainedWeight, Derivation } from '../../src/engine/engine.ts';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import { createOptimizer } from '../../src/optimizer/optimizers.ts';
import type { OptimizerSettings } from '../../src/optimizer/settings.ts';
import { plainUpdates } from '../../src/optimizer/update-settings.ts';
import { createUpdate, updateScratchBytes } from '../../src/worker/update.ts';
import { uniform } from '../../testing/engine/values.ts';
import { type PlainState, plainUpdate } from '../../testing/optimizer/plain-optimizer.ts';
import { plainTreeSum } from '../../testing/reduction/plain-tree-sum.ts';

const { module } = await chooseKernels('relaxed');
/** Some blocks of the update, and a part of one. */
const floats = 1616;
const settings: OptimizerSettings = {
  name: 'momentum',
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: false,
};
const { learningRate } = settings;
const [step, examples] = [1, 30];
const batch = { examples, batchExamples: examples };

describe('the update of a part of the parameters', () => {
  test.for([1, 2, 3, 5, 8])('has the bits of a plain tree and a plain loop, with %d shards', (shards) => {
    const work = bench(shards);
    work.update({ kind: 'update', step, learningRate, ...batch, part: 0, parts: 1, current: 0 });
    expect(work.stateIn(1)).toEqual(work.expected);
    expect(work.stateIn(0), 'what it reads stays').toEqual(work.before);
  });

  test.for([2, 3, 8, 200])('gives the same bits in %d parts, whatever their order is', (parts) => {
    const work = bench(5);
    for (let part = parts - 1; part >= 0; part--)
      work.update({ kind: 'update', step, learningRate, ...batch, part, parts, current: 0 });
    expect(work.stateIn(1)).toEqual(work.expected);
  });

  test('writes nothing outside of its part', () => {
    const work = bench(3);
    work.update({ kind: 'update', step, learningRate, ...batch, part: 1, parts: 3, current: 0 });
    const { parameters, state } = work.stateIn(1);
    for (const [actual, expected] of [
      [parameters, work.expected.parameters],
      [state[0], work.expected.state[0]],
    ]) {
      expect(actual.subarray(528, 1072)).toEqual(expected.subarray(528, 1072));
      expect(actual.subarray(0, 528)).toEqual(new Float32Array(528));
      expect(actual.subarray(1072)).toEqual(new Float32Array(floats - 1072));
    }
  });

  test('goes from the second buffers to the first as well', () => {
    const work = bench(4);
    work.update({ kind: 'update', step, learningRate, ...batch, part: 0, parts: 1, current: 0 });
    work.update({ kind: 'update', step, learningRate, ...batch, part: 0, parts: 1, current: 1 });
    expect(work.stateIn(0)).toEqual(plainUpdate(work.expected, { step, sum: work.sum, examples }, settings));
  });
});

describe('what is derived of some parameters', () => {
  test.for([1, 2, 3, 8, 200])('is derived once, of those that the update has made, in %d parts', (parts) => {
    const seen = new Map<number, Float32Array>();
    const ranges = [
      [16, 32],
      [48, 1008],
      [1072, floats - 1072],
    ];
    const derivations = ranges.map(([first, count]) => ({
      first,
      floats: count,
      derive(parameters: number) {
        expect(seen.has(first)).toBe(false);
        seen.set(first, work.at(parameters + first * 4, count).slice());
      },
    }));
    const work = bench(5, derivations);
    const order = Array.from({ length: parts }, (_, part) => part);
    for (const inOrder of [order, order.toReversed()]) {
      seen.clear();
      for (const part of inOrder)
        work.update({ kind: 'update', step, learningRate, ...batch, part, parts, current: 0 });
      expect(work.stateIn(1)).toEqual(work.expected);
      for (const [first, count] of ranges)
        expect(seen.get(first)).toEqual(work.expected.parameters.subarray(first, first + count));
    }
  });
});

describe('a weight with a constraint', () => {
  test.for([1, 2, 3, 8, 200])(
    'is changed once, when all of it is made and nothing is derived yet, in %d parts',
    (parts) => {
      const seen = new Map<number, Float32Array>();
      const ranges = [
        [16, 32],
        [48, 1008],
        [1072, floats - 1072],
      ];
      const constraints = ranges.map(([first, count]) => ({
        first,
        floats: count,
        constrain(parameters: number) {
          expect(seen.has(first)).toBe(false);
          const values = work.at(parameters + first * 4, count);
          seen.set(first, values.slice());
          values.fill(first);
        },
      }));
      const derive = (parameters: number) =>
        expect(work.at(parameters + 48 * 4, 1008)).toEqual(new Float32Array(1008).fill(48));
      const work = bench(5, [{ first: 48, floats: 1008, derive }], 0, constraints);
      const order = Array.from({ length: parts }, (_, part) => part);
      for (const inOrder of [order, order.toReversed()]) {
        seen.clear();
        for (const part of inOrder)
          work.update({ kind: 'update', step, learningRate, ...batch, part, parts, current: 0 });
        for (const [first, count] of ranges) {
          expect(seen.get(first)).toEqual(work.expected.parameters.subarray(first, first + count));
          expect(work.stateIn(1).parameters.subarray(first, first + count)).toEqual(
            new Float32Array(count).fill(first),
          );
        }
        expect(work.stateIn(1).parameters.subarray(0, 16)).toEqual(work.expected.parameters.subarray(0, 16));
      }
    },
  );
});

describe('what nothing moves', () => {
  test.for([1, 2, 3, 8, 200])('is copied once, and derived of, in %d parts', (parts) => {
    const constants = 320;
    const first = floats + 32;
    const seen: number[] = [];
    const derive = (parameters: number) => {
      const expected = work.before.parameters.subarray(first, first + 160);
      expect(work.at(parameters + first * 4, 160)).toEqual(expected);
      seen.push(first);
    };
    const work = bench(5, [{ first, floats: 160, derive }], constants);
    for (let part = parts - 1; part >= 0; part--)
      work.update({ kind: 'update', step, learningRate, ...batch, part, parts, current: 0 });
    const { parameters } = work.stateIn(1);
    expect(parameters.subarray(0, floats)).toEqual(work.expected.parameters.subarray(0, floats));
    expect(parameters.subarray(floats)).toEqual(work.before.parameters.subarray(floats));
    expect(seen).toEqual([first]);
  });
});

/**
 * Gradient slots of `shards` shards, and parameters and velocity in the first buffers; behind them parameters that
 * nothing moves.
 */
function bench(
  shards: number,
  derivations: readonly Derivation[] = [],
  constantFloats = 0,
  constraints: readonly ConstrainedWeight[] = [],
) {
  const all = floats + constantFloats;
  const layout = layOutMemory({
    reservedBytes: kernelStaticBytes,
    parameterFloats: all,
    stateFloats: 0,
    constantFloats,
    derivedFloats: 0,
    weights: [{ first: 0, floats: all }],
    update: plainUpdates,
    slotFloats: floats,
    batchBytes: 0,
    optimizerInitialState: [0],
    shards,
    hasSums: false,
    workers: 1,
    engineArenaBytes: 0,
    updateScratchBytes: updateScratchBytes(shards),
    classes: 1,
    batchSize: 1,
    train: undefined,
    test: undefined,
    availableBytes: 2 ** 32,
  });
  const pages = layout.byteLength / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const at = (offset: number, count = floats) => new Float32Array(memory.buffer, offset, count);
  const stateIn = (buffer: 0 | 1): PlainState => ({
    parameters: at(layout.parameters[buffer], all).slice(),
    state: [at(layout.optimizerState[0][buffer]).slice()],
  });
  const gradients = layout.gradients.map((_, shard) => uniform(shard, floats, -9, 9));
  for (const [shard, gradient] of gradients.entries()) at(layout.gradients[shard]).set(gradient);
  at(layout.parameters[0], all).set(uniform(100, all, -1, 1));
  at(layout.optimizerState[0][0]).set(uniform(101, floats, -1, 1));
  const kernels = instantiateKernels(module, memory);
  const update = createUpdate({
    engine: { sumDeferred: () => {}, addPenalties: () => {}, constraints, derivations },
    kernels,
    optimizer: createOptimizer(settings),
    settings: plainUpdates,
    decays: [false],
    layout,
    bytes: new Uint8Array(memory.buffer),
    scratch: layout.arenas[0].update,
  });
  const [before, sum] = [stateIn(0), plainTreeSum(gradients)];
  return {
    update,
    at,
    stateIn,
    before,
    sum,
    expected: plainUpdate(before, { step, sum, examples }, settings),
  };
}
