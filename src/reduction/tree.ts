/**
 * The sum of `values` as a fixed pairwise tree: neighbours are added, level by level, and an odd last one moves up
 * as it is. The shape depends on the number of values alone. Changes `values`.
 */
export function treeSum(values: number[]): number {
  for (let width = values.length; width > 1; width = Math.ceil(width / 2)) {
    for (let pair = 0; pair < width >> 1; pair++) values[pair] = values[2 * pair] + values[2 * pair + 1];
    if (width % 2 === 1) values[width >> 1] = values[width - 1];
  }
  return values[0];
}
