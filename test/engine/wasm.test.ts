import { kernelVariants } from '../../src/engine/wasm/kernels/variants.ts';
import { compileKernels } from '../../src/engine/wasm/kernels.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { describeEngine } from './contract.ts';

// Sums of float32 products, some hundreds of terms long: their rounding errors, of 6e-8 each, partly cancel.
for (const variant of kernelVariants)
  describeEngine(wasmEngine, {
    kernels: async () => (await compileKernels([variant])).module,
    tolerance: 2e-6,
  });
