/** The builds of the kernels, as the set-up has left them. */
import { readFile } from 'node:fs/promises';
import { inputError } from '../errors.ts';
import type { KernelVariant } from './variants.ts';

/** One build of the kernels, compiled. */
export interface CompiledKernels {
  readonly variant: KernelVariant['name'];
  readonly module: WebAssembly.Module;
}

/**
 * @returns undefined when this runtime does not accept them
 * @throws GradpoolError when the kernels are not built
 */
export async function compileKernels(variant: KernelVariant['name']): Promise<CompiledKernels | undefined> {
  const bytes = await readKernels(variant);
  if (!WebAssembly.validate(bytes)) return undefined;
  return { variant, module: await WebAssembly.compile(bytes) };
}

/** @throws GradpoolError when the kernels are not built */
export async function readKernels(variant: KernelVariant['name']): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(`../../build/kernels/${variant}.wasm`, import.meta.url);
  try {
    return new Uint8Array(await readFile(url));
  } catch (cause) {
    throw inputError(`Could not read the kernels at ${url.pathname}; run \`npm run setup\``, cause);
  }
}
