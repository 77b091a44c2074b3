/** Philox4x32-10; its plain form and the coordinates are in src/random.ts. */

/**
 * Factors of dropout for one example: 0, or `scale` where the value is kept.
 * @param last purpose and layer, the counter's last word
 */
export function dropoutFactors(
  factors: usize,
  count: i32,
  position: u32,
  step: u32,
  last: u32,
  k0: u32,
  k1: u32,
  threshold: u32,
  scale: f32,
): void {
  for (let block = 0; block < count; block += 4) {
    let c0 = <u32>block >> 2;
    let c1 = position;
    let c2 = step;
    let c3 = last;
    let key0 = k0;
    let key1 = k1;
    for (let round = 0; round < 10; round++) {
      const product0 = <u64>0xd2511f53 * <u64>c0;
      const product1 = <u64>0xcd9e8d57 * <u64>c2;
      c0 = <u32>(product1 >> 32) ^ c1 ^ key0;
      c1 = <u32>product1;
      c2 = <u32>(product0 >> 32) ^ c3 ^ key1;
      c3 = <u32>product0;
      key0 += 0x9e3779b9;
      key1 += 0xbb67ae85;
    }
    const at = factors + ((<usize>block) << 2);
    const zero: f32 = 0;
    store<f32>(at, c0 >= threshold ? scale : zero, 0);
    store<f32>(at, c1 >= threshold ? scale : zero, 4);
    store<f32>(at, c2 >= threshold ? scale : zero, 8);
    store<f32>(at, c3 >= threshold ? scale : zero, 12);
  }
}
