/** Values that are copied block by block: of `bytes`, a multiple of 4, each from where a table says. */

import { addFloats, copyFloats } from './floats';

/** target[b] = source at table[b], in bytes; zeros where that is below 0 */
export function gatherBlocks(table: usize, blocks: i32, bytes: usize, source: usize, target: usize): void {
  for (let block = 0; block < blocks; block++) {
    const place = load<i32>(table);
    if (place < 0) memory.fill(target, 0, bytes);
    else if (bytes > 256) memory.copy(target, source + <usize>place, bytes);
    else copyFloats(target, source + <usize>place, bytes);
    table += 4;
    target += bytes;
  }
}

/** target at table[b] += source[b], where that is not below 0 */
export function addBlocks(table: usize, blocks: i32, bytes: usize, source: usize, target: usize): void {
  for (let block = 0; block < blocks; block++) {
    const place = load<i32>(table);
    if (place >= 0) addFloats(target + <usize>place, source, bytes);
    table += 4;
    source += bytes;
  }
}
