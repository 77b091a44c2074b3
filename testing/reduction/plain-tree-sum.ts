/** The tree over whole arrays in float32, by recursion: the kernel's oracle. */
export function plainTreeSum(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const next: Float32Array[] = [];
  for (let i = 0; i < arrays.length; i += 2)
    next.push(i + 1 < arrays.length ? arrays[i].map((value, at) => value + arrays[i + 1][at]) : arrays[i]);
  return plainTreeSum(next);
}
