/** Whether the ranks' sum is that of the tree, tried on known data. */
import { inputError } from '../errors.ts';
import { isSubtree } from '../reduction/ranks.ts';
import type { Exchange, SharedFloats } from './exchange.ts';

/**
 * Sums known values, of which other orders make other bits, as many as each step does. Fills the array with zeros.
 * @throws GradpoolError where a power of two of ranks gives other bits than the tree
 */
export async function checkOrder(exchange: Exchange, values: SharedFloats): Promise<void> {
  const { rank, ranks } = exchange;
  if (ranks === 1 || !isSubtree(ranks)) return;
  const array = new Float32Array(values.memory, values.offset, values.floats);
  for (let at = 0; at < array.length; at++) array[at] = knownValue(rank, at);
  await exchange.sum('the trial of the order of sums', values);
  const step = Math.max(1, Math.floor((array.length * ranks) / mostTried));
  let other = 0;
  for (let at = 0; at < array.length; at += step) if (!Object.is(array[at], knownSum(ranks, at))) other++;
  array.fill(0);
  const [bad] = (await exchange.gather('the trial of the order of sums', other)).filter((count) => count > 0);
  if (bad !== undefined)
    throw inputError(
      `Expected Open MPI to add up neighbouring ranks first, got other bits in ${bad} of ${Math.ceil(array.length / step)} known sums; take away what sets another algorithm (OMPI_MCA_coll..., --mca coll...)`,
    );
}

/** Values that are looked at. */
const mostTried = 2 ** 22;

/** Of many sizes and both signs: their sums are rounded at each addition. */
export function knownValue(rank: number, at: number): number {
  let word = (Math.imul(at + 1, 0x9e3779b1) ^ Math.imul(rank + 1, 0x85ebca6b)) | 0;
  word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  word = Math.imul(word ^ (word >>> 12), 0x297a2d39);
  word ^= word >>> 15;
  return Math.fround((word / 2 ** 31) * 2 ** ((word >>> 4) & 7));
}

/** Neighbours first. */
export function knownSum(ranks: number, at: number, first = 0): number {
  if (ranks === 1) return knownValue(first, at);
  const half = ranks / 2;
  return Math.fround(knownSum(half, at, first) + knownSum(half, at, first + half));
}
