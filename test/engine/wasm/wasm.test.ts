import { wasmEngine } from '../../../src/engine/wasm/wasm.ts';
import { kernelVariants } from '../../../src/kernels/variants.ts';
import { enableWideKernels } from '../../../src/runtime/wide-kernels.ts';
import { compiled } from '../../../testing/engine/compiled.ts';
import { describeEngine } from '../contract.ts';

enableWideKernels();

// The variants differ in their tiles and in how products are rounded; what holds of one on every network, such as what it
// writes, is tried of the others on some.
// Sums of float32 products, some hundreds of terms long: their rounding errors, of 6e-8 each, partly cancel.
for (const { name } of kernelVariants)
  describeEngine(wasmEngine, {
    variant: name,
    kernels: () => compiled(name),
    tolerance: 2e-6,
    wholeEach: name === 'wide' ? 1 : 8,
  });
