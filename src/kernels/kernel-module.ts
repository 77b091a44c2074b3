import { firstLineOf, inputError } from '../errors.ts';
import type { Arithmetic } from './arithmetic.ts';
import type { Kernels } from './kernels.ts';
import { matmulShape } from './matmul-shape.ts';
import { writeStruct } from './struct.ts';
import { matmulShapeLayout } from './structs.ts';

/** Changes when a sum changes its order, and so a result its last bits. */
const kernelVersion = 'wasm-8';

/** Bytes at the memory's start that belong to the module (tables of exp and log). */
export const kernelStaticBytes = 65536;

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
  const one = matmulShape({ columns: 16 });
  const shape = writeStruct(memory.buffer, kernelStaticBytes, matmulShapeLayout, one);
  const [a, b, c] = [shape + 128, shape + 192, shape + 256];
  floats[a / 4] = 1 + 2 ** -12;
  floats.fill(1 + 2 ** -12, b / 4, b / 4 + 16);
  floats.fill(-(1 + 2 ** -11), c / 4, c / 4 + 16);
  instantiateKernels(module, memory).matmul(shape, a, b, c, c, 1);
  return { kernels: kernelVersion, multiplyAdd: floats[c / 4] === 0 ? 'separate' : 'fused' };
}
