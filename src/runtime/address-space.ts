import { readFileSync } from 'node:fs';

/** In bytes. */
export interface AddressSpace {
  readonly limit: number;
  readonly left: number;
}

/**
 * What V8 reserves for a thread, mostly for code that it might compile (measured: Node.js 22, 24 and 26 took 650, 590
 * and 850 MiB), with the 64 MiB that the C library reserves for what the thread allocates. Where it cannot, V8 ends the
 * process without a word of ours.
 */
export const threadAddressBytes =
  ((Number.parseInt(process.versions.node, 10) < 26 ? 650 : 850) + 64) * 2 ** 20;

/** What is left to the memory of the training and to the process itself, beside its threads. */
export const spareAddressBytes = 512 * 2 ** 20;

/** The address space of this process, as `ulimit -v` bounds it; undefined without a bound and where none can be known. */
export function addressSpace(read: (path: string) => string = readText): AddressSpace | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const limit = Number(/^Max address space +(\d+) /m.exec(read('/proc/self/limits'))?.[1]);
    const used = 1024 * Number(/^VmSize:\s+(\d+) kB$/m.exec(read('/proc/self/status'))?.[1]);
    return limit - used >= 0 ? { limit, left: limit - used } : undefined;
  } catch {
    return undefined;
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8');
