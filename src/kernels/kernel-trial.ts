import { createTrialMemory, instantiateKernels, kernelStaticBytes } from './kernel-module.ts';
import { type MatmulRequest, matmulShape } from './matmul-shape.ts';
import { writeStruct } from './struct.ts';
import { matmulShapeLayout } from './structs.ts';

/** A product of known matrices in a memory of its own. */
export interface TrialProduct {
  run(): void;
  /** The bytes of the last result. */
  result(): Buffer;
}

/** Rows that make tiles of several heights, some microseconds of work. */
const [rows, depth, columns] = [45, 64, 64];
const pages = 3;

/** C = A B, and C' = C + A'B with A read across, so that both forms of the tiles are tried. */
export function createTrialProduct(module: WebAssembly.Module): TrialProduct {
  const memory = createTrialMemory(pages);
  const kernels = instantiateKernels(module, memory);
  const zeros = kernelStaticBytes + 512;
  const a = zeros + 256;
  const b = a + rows * depth * 4;
  const c = b + depth * columns * 4;
  fillWithValues(new Float32Array(memory.buffer, a, rows * depth + depth * columns));
  const write = (address: number, strides: Partial<MatmulRequest>) => {
    const common = { bPanel: depth * 64, cRow: columns * 4, cPanel: 64, columns, length: depth };
    return writeStruct(memory.buffer, address, matmulShapeLayout, matmulShape({ ...common, ...strides }));
  };
  const along = write(kernelStaticBytes, { aRow: depth * 4 });
  const across = write(kernelStaticBytes + 256, {
    ...{ aRow: 4, aStep: rows * 4 },
    ...{ initRow: columns * 4, initPanel: 64 },
  });
  return {
    run() {
      kernels.matmul(along, a, b, zeros, c, rows);
      kernels.matmulAcross(across, a, b, c, c, rows);
    },
    result: () => Buffer.from(new Uint8Array(memory.buffer, c, rows * columns * 4)),
  };
}

/** Of either sign, of several sizes, with all bits of the mantissa in use: their sums round at every step. */
function fillWithValues(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(Math.sin(i + 1)) * 2 ** (i % 5);
}
