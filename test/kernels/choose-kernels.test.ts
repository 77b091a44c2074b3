import { afterEach, expect, test, vi } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';
import { arithmeticOf, createTrialMemory } from '../../src/kernels/kernel-module.ts';
import { createTrialProduct } from '../../src/kernels/kernel-trial.ts';
import { simdChoices } from '../../src/kernels/simd.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import { compiled } from '../../testing/engine/compiled.ts';
import { miniMnist } from '../../testing/engine/networks.ts';
import { workbench } from '../../testing/engine/workbench.ts';

enableWideKernels();
afterEach(() => {
  vi.unstubAllGlobals();
});

test('takes the kernels that are asked for, and of its own accord those that fuse where the runtime can', async () => {
  const chosen = await Promise.all(simdChoices.map(async (simd) => (await chooseKernels(simd)).variant));
  expect(chosen.slice(1)).toEqual(['wide', 'relaxed', 'portable']);
  expect(['wide', 'relaxed']).toContain(chosen[0]);
});

test('gives the same bits from the wide and the relaxed kernels, for every tensor, once compiled to the end', async () => {
  const [wide, relaxed] = await Promise.all([compiled('wide'), compiled('relaxed')]);
  const network = miniMnist;
  const [fromWide, fromRelaxed] = [wide, relaxed].map((kernels) => {
    const bench = workbench({ factory: wasmEngine, kernels, network, maxExamples: 5, inputType: 'uint8' });
    const call = { indices: [3, 0, 6, 8, 1], step: 2, position: 11 };
    // V8 widens only what has run for a while.
    for (let call = 0; call < 8; call++) bench.gradient({ indices: [call] });
    return bench.gradient(call);
  });
  expect(Buffer.from(fromWide.packedGradient.buffer)).toEqual(Buffer.from(fromRelaxed.packedGradient.buffer));
  expect(fromWide.predictions).toEqual(fromRelaxed.predictions);
  expect(fromWide.loss).toBe(fromRelaxed.loss);
});

test('tries a product whose bits tell fused from separate multiply-add', async () => {
  const results = await Promise.all(
    (['wide', 'relaxed', 'portable'] as const).map(async (variant) => {
      const module = await compiled(variant);
      const trial = createTrialProduct(module);
      trial.run();
      return { result: trial.result(), multiplyAdd: arithmeticOf(module).multiplyAdd };
    }),
  );
  const [wide, relaxed, portable] = results;
  expect(wide).toEqual(relaxed);
  expect(portable.multiplyAdd).toBe('separate');
  expect(portable.result.equals(relaxed.result)).toBe(relaxed.multiplyAdd === 'separate');
});

const runtimes: Record<string, readonly [given: object | undefined, message: RegExp]> = {
  'without WebAssembly, as under --jitless': [
    undefined,
    /^Expected a runtime with WebAssembly, got Node\.js v\S+ without it; start Node\.js without --jitless/,
  ],
  'that accepts no kernels': [
    { validate: () => false },
    /^Expected a runtime with WebAssembly \S.*; (use a newer Node\.js|set `simd` to 'auto')/,
  ],
};
for (const [runtime, [given, message]] of Object.entries(runtimes))
  test.each(simdChoices)(`refuses a runtime ${runtime}, whatever is asked for: %s`, async (simd) => {
    vi.stubGlobal('WebAssembly', given);
    await expect(chooseKernels(simd)).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(message),
    });
  });

test('says that the address space is bounded where no memory can be had', () => {
  vi.stubGlobal('WebAssembly', {
    Memory: class {
      constructor() {
        throw new RangeError('by the test');
      }
    },
  });
  expect(() => createTrialMemory(2)).toThrow(/^Could not reserve address space .*: by the test; .*ulimit -v/);
});
