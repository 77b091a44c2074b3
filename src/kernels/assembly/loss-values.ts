/** Where losses hold a prediction, two at a time. A NaN stays one. */

/** TensorFlow.js's epsilon, and what 1 - epsilon is in its float32. */
export const low = <f64>(<f32>1e-7);
export const high = <f64>(<f32>0.9999999);

@inline
export function atLeastLow(values: v128): v128 {
  return f64x2.pmax(values, f64x2.splat(low));
}

@inline
export function clip(values: v128): v128 {
  return atLeastLow(f64x2.pmin(values, f64x2.splat(high)));
}

/** All bits where a value lies inside; a NaN lies outside. */
@inline
export function isInside(values: v128): v128 {
  return v128.and(f64x2.ge(values, f64x2.splat(low)), f64x2.le(values, f64x2.splat(high)));
}
