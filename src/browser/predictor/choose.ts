/** Which kernels this browser takes, and which memory: what it lacks changes the speed, and the last bits at most. */
import { withUnsharedMemory } from './unshared.ts';

export interface Choice {
  readonly kernels: WebAssembly.Module;
  createMemory(pages: number): WebAssembly.Memory;
  /** What the reader should know of it, as a sentence; absent where it computes as a training does. */
  readonly lacks?: string;
}

/** @param read gives the bytes of a build of the kernels */
export async function chooseInBrowser(
  read: (variant: 'relaxed' | 'portable') => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Choice> {
  const isShared = hasSharedMemory();
  const relaxed = await read('relaxed');
  const isRelaxed = WebAssembly.validate(relaxed);
  const bytes = isRelaxed ? relaxed : await read('portable');
  const kernels = await WebAssembly.compile(isShared ? bytes : withUnsharedMemory(bytes));
  const lacking = [...(isRelaxed ? [] : ['relaxed SIMD']), ...(isShared ? [] : ['shared memory'])];
  return {
    kernels,
    createMemory: (pages) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared }),
    ...(lacking.length === 0 ? {} : { lacks: sentence(lacking) }),
  };
}

const sentence = (lacking: readonly string[]): string =>
  `This browser has no ${lacking.join(' and no ')} for WebAssembly here: ${
    lacking.includes('relaxed SIMD')
      ? 'the portable kernels predict, whose last bits may differ'
      : 'the same kernels predict on memory of their own'
  }.`;

function hasSharedMemory(): boolean {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer.byteLength > 0;
  } catch {
    return false;
  }
}
