/** Networks with several inputs and outputs, and with shared layers, on wasm against the float64 of the reference. */
import '../../src/model/tfjs/cpu-backend.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineFactory } from '../../src/engine/engine.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';
import type { OutputLoss } from '../../src/loss/loss.ts';
import { outputEnds } from '../../src/model/ends.ts';
import type { Network } from '../../src/model/network.ts';
import { architectureOf } from '../../src/model/tfjs/layers-model.ts';
import { relativeError } from '../../testing/engine/values.ts';
import { workbench } from '../../testing/engine/workbench.ts';
import { severalCases, withSequence } from '../../testing/fit/several-models.ts';
import { sharedModels } from '../../testing/fit/shared-models.ts';

let kernels: WebAssembly.Module;
beforeAll(async () => {
  ({ module: kernels } = await chooseKernels('auto'));
});

const losses: readonly OutputLoss[] = [
  { name: 'meanSquaredError', of: 'output', weight: 0.5 },
  { name: 'categoricalCrossentropy', of: 'output', weight: 1 },
  { name: 'binaryCrossentropy', of: 'output', weight: 3 },
];

const batch = [4, 0, 7, 4, 2, 8, 5];
/** A shared layer's first call takes the roundings of the later ones with it. */
const tolerance = 5e-6;

const several = { ...severalCases, 'a sequence among others': withSequence };
const models = {
  ...Object.fromEntries(Object.entries(several).map(([name, { make }]) => [name, make])),
  ...sharedModels,
};

describe.for(Object.entries(models))('%s', ([, make]) => {
  const { network } = architectureOf(make(), { ends: 'several' });
  const bench = (factory: EngineFactory, of: Network = network) => {
    const count = outputEnds(of).length;
    const loss = count === 1 ? losses[0] : losses.slice(0, count);
    return workbench({
      factory,
      kernels,
      network: of,
      maxExamples: batch.length,
      loss,
      targetType: 'vector',
    });
  };

  test.for([false, true])('is computed as in float64, with weights: %s', (weighted) => {
    const call = { indices: batch, weighted, step: 3, position: 20 };
    const [actual, expected] = [bench(wasmEngine).gradient(call), bench(referenceEngine).gradient(call)];
    expect(relativeError([actual.loss], [expected.loss])).toBeLessThanOrEqual(tolerance);
    expect(relativeError(actual.outputs ?? [0], expected.outputs ?? [0])).toBeLessThanOrEqual(tolerance);
    expect(relativeError(actual.predictions, expected.predictions)).toBeLessThanOrEqual(tolerance);
    expect(actual.strayWrites).toEqual([]);
    for (const { name, offset, size } of network.parameters) {
      const of = (gradient: Float32Array) => gradient.subarray(offset, offset + size);
      expect(relativeError(of(actual.gradient), of(expected.gradient)), name).toBeLessThanOrEqual(tolerance);
    }
  });

  test('has the bits of each shard alone, and evaluates with those of a gradient call', () => {
    const work = bench(wasmEngine);
    const together = work.gradient({ indices: batch, counts: [3, 0, 4], position: 10 });
    for (const [shard, indices] of [batch.slice(0, 3), [], batch.slice(3)].entries()) {
      const { packedGradient, ...sums } = together.shards[shard];
      const alone = work.gradient({ indices, position: 10 + (shard === 2 ? 3 : 0) });
      expect(sums).toEqual({ ...sums, loss: alone.loss, ...(alone.outputs && { outputs: alone.outputs }) });
      expect(packedGradient).toEqual(alone.packedGradient);
    }
    expect(work.evaluate({ indices: batch }).predictions).toEqual(together.predictions);
  });
});
