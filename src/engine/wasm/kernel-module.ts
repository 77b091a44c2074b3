import { readFile } from 'node:fs/promises';
import { firstLineOf, inputError } from '../../errors.ts';
import type { Arithmetic } from '../engine.ts';
import type { KernelVariant } from './kernels/variants.ts';
import type { Kernels } from './kernels.ts';
import { writeMatmulShape } from './matmul-shape.ts';

/** Changes when a sum changes its order, and so a result its last bits. */
const kernelVersion = 'wasm-4';

/** Bytes at the memory's start that belong to the module (tables of exp and log). */
export const kernelStaticBytes = 65536;

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
  const bytes = await readKernels(new URL(`../../../build/kernels/${variant}.wasm`, import.meta.url));
  if (!WebAssembly.validate(bytes)) return undefined;
  return { variant, module: await WebAssembly.compile(bytes) };
}

async function readKernels(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(url));
  } catch (cause) {
    throw inputError(`Could not read the kernels at ${url.pathname}; run \`npm run setup\``, cause);
  }
}

/**
 * A small memory to try kernels on.
 * @throws GradpoolError where `ulimit -v` leaves no room: some versions of V8 reserve gigabytes around each memory
 */
export function createTrialMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw inputError(
      `Could not reserve address space for a WebAssembly memory in Node.js ${process.version}: ${firstLineOf(cause)}; raise its limit (ulimit -v), or use a newer Node.js`,
      cause,
    );
  }
}

/** The kernels on a memory. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('A kernel called abort');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}

/**
 * What the kernels compute here. Whether a relaxed multiply-add rounds once or twice is up to the processor, so it is
 * tried: (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 with one rounding and 0 with two.
 */
export function arithmeticOf(module: WebAssembly.Module): Arithmetic {
  const memory = createTrialMemory(2);
  const floats = new Float32Array(memory.buffer);
  const shape = kernelStaticBytes;
  const [a, b, c] = [shape + 128, shape + 192, shape + 256];
  writeMatmulShape(new Int32Array(memory.buffer), shape, { columns: 16, segments: 1, length: 1, outer: 1 });
  floats[a / 4] = 1 + 2 ** -12;
  floats.fill(1 + 2 ** -12, b / 4, b / 4 + 16);
  floats.fill(-(1 + 2 ** -11), c / 4, c / 4 + 16);
  instantiateKernels(module, memory).matmul(shape, a, b, c, c, 1);
  return { kernels: kernelVersion, multiplyAdd: floats[c / 4] === 0 ? 'separate' : 'fused' };
}
