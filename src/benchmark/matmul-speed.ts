import { chooseKernels } from '../kernels/choose-kernels.ts';
import { instantiateKernels, kernelStaticBytes } from '../kernels/kernel-module.ts';
import { cutDepth, matmulShape } from '../kernels/matmul-shape.ts';
import type { SimdChoice } from '../kernels/simd.ts';
import { writeStruct } from '../kernels/struct.ts';
import { matmulShapeLayout } from '../kernels/structs.ts';
import { median } from './statistics.ts';

/** No power of two: rows would fall on the same cache lines. */
const size = 1008;
const repetitions = 15;

/** A meter of the engine's matrix product on matrices of 1008 x 1008, on this thread: GFLOP/s, the median of 15. */
export async function createMatmulMeter(simd: SimdChoice = 'auto'): Promise<() => number> {
  const { module } = await chooseKernels(simd);
  const bytes = size * size * 4;
  const pages = Math.ceil((kernelStaticBytes + 3 * bytes + 4096) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = instantiateKernels(module, memory);
  const [zeros, a] = [kernelStaticBytes + 1024, kernelStaticBytes + 4096];
  const product = matmulShape({
    aRow: size * 4,
    bPanel: size * 64,
    cRow: size * 4,
    cPanel: 64,
    columns: size,
    ...cutDepth(size),
  });
  const shape = writeStruct(memory.buffer, kernelStaticBytes, matmulShapeLayout, product);
  const seconds = () => {
    const start = performance.now();
    kernels.matmul(shape, a, a + bytes, zeros, a + 2 * bytes, size);
    return (performance.now() - start) / 1000;
  };
  return () => (2 * size ** 3) / median(Array.from({ length: repetitions }, seconds)) / 1e9;
}
