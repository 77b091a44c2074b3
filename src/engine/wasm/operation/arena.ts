import { panelWidth } from '../../../kernels/panels.ts';
import {
  type AddressOf,
  type StructLayout,
  type StructValues,
  writeStruct,
} from '../../../kernels/struct.ts';
import { type Lifetime, placeByLifetime } from './lifetimes.ts';

/** Hands out a worker's scratch memory once, when the network is compiled; nothing is allocated during a step. */
export interface Arena {
  /** The address of `count` floats (and at least one panel more, so that the last vector may be whole). */
  floats(count: number): number;
  /** The address of a struct, which is written when the arena is made ready. */
  struct<Struct extends StructValues<Struct>>(
    layout: StructLayout<Struct>,
    values: Struct,
  ): AddressOf<Struct>;
  /** The address of a table of whole numbers, which is written when the arena is made ready. */
  table(values: readonly number[]): number;
  /** The addresses of floats that are needed for a time each: what is not needed at the same time shares memory. */
  lasting(all: readonly (Lifetime & { readonly floats: number })[]): number[];
  /** `count` floats that all share who ask for some, one after the other: tells the address once all have asked. */
  shared(count: number): () => number;
  /** One panel of zeros. */
  readonly zeros: number;
  /** The first address behind the arena. */
  end(): number;
  /** Zeroes the arena and writes structs and tables. */
  makeReady(memory: WebAssembly.Memory): void;
}

const alignment = 64;

/** With a panel more. */
const bytesOf = (count: number): number => Math.ceil(((count + panelWidth) * 4) / alignment) * alignment;

/** @param start a multiple of 64 */
export function createArena(start: number): Arena {
  let end = start;
  let sharedFloats = 0;
  const writes: ((buffer: ArrayBufferLike) => void)[] = [];
  const floats = (count: number) => {
    const address = end;
    end += bytesOf(count);
    return address;
  };
  const endOfAll = () => end + (sharedFloats === 0 ? 0 : bytesOf(sharedFloats));
  return {
    floats,
    struct<Struct extends StructValues<Struct>>(layout: StructLayout<Struct>, values: Struct) {
      const address = floats(layout.bytes / 4) as AddressOf<Struct>;
      writes.push((buffer) => writeStruct(buffer, address, layout, values));
      return address;
    },
    table(values) {
      const address = floats(values.length);
      writes.push((buffer) => new Int32Array(buffer, address, values.length).set(values));
      return address;
    },
    lasting(all) {
      const { offsets, bytes } = placeByLifetime(
        all.map(({ floats, ...lifetime }) => ({ ...lifetime, bytes: bytesOf(floats) })),
      );
      const start = end;
      end += bytes;
      return offsets.map((offset) => start + offset);
    },
    shared(count) {
      sharedFloats = Math.max(sharedFloats, count);
      return () => end;
    },
    zeros: floats(panelWidth),
    end: endOfAll,
    makeReady(memory) {
      new Uint8Array(memory.buffer, start, endOfAll() - start).fill(0);
      for (const write of writes) write(memory.buffer);
    },
  };
}
