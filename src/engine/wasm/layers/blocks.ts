import type { Arena } from '../operation/arena.ts';

/** Where blocks of values come from, as kernels/assembly/blocks.ts takes it. */
export interface Blocks {
  /** Address of the table. */
  readonly table: number;
  readonly count: number;
  /** Of one block. */
  readonly bytes: number;
}

/**
 * The longest blocks of neighbours that stay neighbours.
 * @param places for each value the index of the one that it comes from, or -1 for a zero
 */
export function blocksOf(places: readonly number[], arena: Arena): Blocks {
  const length = blockLength(places);
  const starts = places.filter((_, index) => index % length === 0);
  const bytes = length * 4;
  return {
    table: arena.table(starts.map((place) => (place < 0 ? -1 : place * 4))),
    count: starts.length,
    bytes,
  };
}

/** Blocks end wherever the next value is no neighbour. */
function blockLength(places: readonly number[]): number {
  let length = places.length;
  for (let index = 1; index < places.length; index++) {
    const [before, place] = [places[index - 1], places[index]];
    const isNext = place < 0 ? before < 0 : before >= 0 && place === before + 1;
    if (!isNext) length = greatestDivisor(length, index);
  }
  return length;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
