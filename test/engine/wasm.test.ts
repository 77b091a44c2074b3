import { kernelVariants } from '../../src/engine/wasm/kernels/variants.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { enableWideKernels } from '../../src/wide-kernels.ts';
import { compiled } from './compiled.ts';
import { describeEngine } from './contract.ts';

enableWideKernels();

// Sums of float32 products, some hundreds of terms long: their rounding errors, of 6e-8 each, partly cancel.
for (const { name } of kernelVariants)
  describeEngine(wasmEngine, { variant: name, kernels: () => compiled(name), tolerance: 2e-6 });
