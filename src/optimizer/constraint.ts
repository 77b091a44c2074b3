import type { Constraint, NormBounds, Parameter } from '../model/network.ts';

/** What tfjs and Keras add to a norm before they divide by it. */
export const normEpsilon = 1e-7;

/**
 * Makes a weight what its constraint says, in float64. The formula is that of `NormBounds`; source: Srivastava et al.
 * 2014 (maxNorm), in the form of tf.constraints.
 * @param values [...shape], changed
 */
export function constrain(
  constraint: Constraint,
  { shape }: Pick<Parameter, 'shape'>,
  values: Float32Array,
): void {
  if (constraint.kind === 'nonNegative') {
    for (const [at, value] of values.entries()) values[at] = Math.max(value, 0);
    return;
  }
  const squares = new Map<number, number>();
  const groups = Array.from(values, (_, at) => groupOf(constraint, shape, at));
  for (const [at, group] of groups.entries())
    squares.set(group, (squares.get(group) ?? 0) + values[at] * values[at]);
  for (const [at, group] of groups.entries())
    values[at] *= normFactor(constraint, Math.sqrt(squares.get(group) ?? 0));
}

/** What a value is multiplied by whose norm is this. */
const normFactor = ({ least, most, rate }: NormBounds, norm: number): number =>
  (rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm) / (normEpsilon + norm);

/** Values have one norm that differ in the constraint's axes only: the element of theirs that is at 0 in those. */
function groupOf({ axes }: NormBounds, shape: Parameter['shape'], element: number): number {
  let [group, left, stride] = [0, element, 1];
  for (const [axis, size] of [...shape.entries()].toReversed()) {
    if (!axes.includes(axis)) group += (left % size) * stride;
    left = Math.floor(left / size);
    stride *= size;
  }
  return group;
}
