import { compileKernels } from '../../src/kernels/compile-kernels.ts';
import type { KernelVariant } from '../../src/kernels/variants.ts';

/** One build of the kernels, which the runtime of the tests has to accept. */
export async function compiled(variant: KernelVariant['name']): Promise<WebAssembly.Module> {
  const kernels = await compileKernels(variant);
  if (kernels === undefined) throw new Error(`${process.version} does not accept the ${variant} kernels`);
  return kernels.module;
}
