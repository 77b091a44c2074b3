/** Leaky relu with a slope of its own for each of `count` values. Plain form: src/engine/reference/layers/prelu.ts. */

/** output = input where that is not below 0, else alpha * input; a NaN stays one */
export function preluForward(input: usize, alpha: usize, output: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let left = count;
  for (; left >= 4; left -= 4) {
    const x = v128.load(input);
    v128.store(output, v128.bitselect(f32x4.mul(x, v128.load(alpha)), x, f32x4.lt(x, zero)));
    input += 16;
    alpha += 16;
    output += 16;
  }
  for (; left > 0; left--) {
    const x = load<f32>(input);
    store<f32>(output, x < 0 ? x * load<f32>(alpha) : x);
    input += 4;
    alpha += 4;
    output += 4;
  }
}

/** dAlpha = gradient * input where that is not above 0, else 0; gradient *= input > 0 ? 1 : alpha */
export function preluBackward(input: usize, alpha: usize, gradient: usize, dAlpha: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let left = count;
  for (; left >= 4; left -= 4) {
    const x = v128.load(input);
    const d = v128.load(gradient);
    const above = f32x4.gt(x, zero);
    v128.store(dAlpha, v128.andnot(f32x4.mul(d, x), above));
    v128.store(gradient, v128.bitselect(d, f32x4.mul(d, v128.load(alpha)), above));
    input += 16;
    alpha += 16;
    gradient += 16;
    dAlpha += 16;
  }
  for (; left > 0; left--) {
    const x = load<f32>(input);
    const d = load<f32>(gradient);
    store<f32>(dAlpha, x > 0 ? <f32>0 : d * x);
    store<f32>(gradient, x > 0 ? d : d * load<f32>(alpha));
    input += 4;
    alpha += 4;
    gradient += 4;
    dAlpha += 4;
  }
}
