import type { PReluLayer } from '../../../model/network.ts';

/** output = input where that is not below 0, else alpha * input. */
export const preluForward = (
  layer: PReluLayer,
  parameters: Float64Array,
  input: Float64Array,
): Float64Array => input.map((x, element) => (x < 0 ? parameters[alphaAt(layer, element)] * x : x));

/**
 * Adds the gradient of alpha to `dParameters`.
 * @returns dInput = dOutput where the input is above 0, else alpha * dOutput
 */
export function preluBackward(
  layer: PReluLayer,
  parameters: Float64Array,
  input: Float64Array,
  dOutput: Float64Array,
  dParameters: Float64Array,
): Float64Array {
  return dOutput.map((d, element) => {
    if (input[element] > 0) return d;
    const at = alphaAt(layer, element);
    dParameters[at] += d * input[element];
    return d * parameters[at];
  });
}

/** Where in the flat array the alpha of an element of the input is. */
function alphaAt({ input, alpha }: PReluLayer, element: number): number {
  let [at, stride, left] = [alpha.offset, 1, element];
  for (let axis = input.length - 1; axis >= 0; axis--) {
    if (alpha.shape[axis] > 1) at += stride * (left % input[axis]);
    stride *= alpha.shape[axis];
    left = Math.floor(left / input[axis]);
  }
  return at;
}
