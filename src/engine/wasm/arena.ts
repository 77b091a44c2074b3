import { panelWidth } from './panels.ts';

/** Hands out a worker's scratch memory once, when the network is compiled; nothing is allocated during a step. */
export interface Arena {
  /** The address of `count` floats (and at least one panel more, so that the last vector may be whole). */
  floats(count: number): number;
  /** The address of a table of integers, written when the arena is made ready. */
  table(values: readonly number[]): number;
  /** One panel of zeros. */
  readonly zeros: number;
  /** The first address behind the arena. */
  end(): number;
  /** Zeroes the arena and writes the tables. */
  makeReady(memory: WebAssembly.Memory): void;
}

const alignment = 64;

/** @param start a multiple of 64 */
export function createArena(start: number): Arena {
  let end = start;
  const tables: { address: number; values: readonly number[] }[] = [];
  const floats = (count: number) => {
    const address = end;
    end += Math.ceil(((count + panelWidth) * 4) / alignment) * alignment;
    return address;
  };
  return {
    floats,
    table(values) {
      const address = floats(values.length);
      tables.push({ address, values });
      return address;
    },
    zeros: floats(panelWidth),
    end: () => end,
    makeReady(memory) {
      new Uint8Array(memory.buffer, start, end - start).fill(0);
      const ints = new Int32Array(memory.buffer);
      for (const { address, values } of tables) ints.set(values, address / 4);
    },
  };
}
