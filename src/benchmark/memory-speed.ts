import { chooseKernels } from '../kernels/choose-kernels.ts';
import { instantiateKernels, kernelStaticBytes } from '../kernels/kernel-module.ts';
import { median } from './statistics.ts';

/** As large as what an update reads and writes: more than the second-level cache has. */
const bytes = 64 * 2 ** 20;
const repetitions = 7;

/** A meter of the memory: GB/s that a kernel reads and writes again on this thread, the median of 7. */
export function createMemoryMeter(): () => Promise<number> {
  const pages = Math.ceil((kernelStaticBytes + bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const compiled = chooseKernels('auto');
  return async () => {
    const kernels = instantiateKernels((await compiled).module, memory);
    const seconds = () => {
      const start = performance.now();
      kernels.positiveZeros(kernelStaticBytes, bytes / 4);
      return (performance.now() - start) / 1000;
    };
    seconds();
    return (2 * bytes) / median(Array.from({ length: repetitions }, seconds)) / 1e9;
  };
}
