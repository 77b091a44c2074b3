import type { FillMode } from './settings.ts';

/** Where a row or column is found that may lie beyond an image's border; -1 where there is none. */
export type Border = (index: number, size: number) => number;

/** The modes of Keras' preprocessing, by its names. */
export const borders: Readonly<Record<FillMode, Border>> = {
  constant: (index, size) => (index >= 0 && index < size ? index : -1),
  nearest: (index, size) => Math.min(Math.max(index, 0), size - 1),
  // d c b a | a b c d | d c b a
  reflect(index, size) {
    const place = modulo(index, 2 * size);
    return place < size ? place : 2 * size - 1 - place;
  },
  wrap: modulo,
};

function modulo(index: number, size: number): number {
  return ((index % size) + size) % size;
}
