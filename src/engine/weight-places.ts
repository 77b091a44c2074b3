/** Where the engines keep parameters that do not have an order of their own. */
import type { Network } from '../model/network.ts';
import { constrain } from '../optimizer/constraint.ts';
import type { ConstrainedWeight, EnginePlan, WeightPlace } from './engine.ts';

/** In natural order, each weight on cache lines of its own; what no gradient moves comes last. */
export function weightPlaces({
  parameters,
  parameterCount,
  stateCount,
}: Pick<Network, 'parameters' | 'parameterCount' | 'stateCount'>) {
  const weights: WeightPlace[] = [];
  let floats = 0;
  let stateStart: number | undefined;
  for (const { offset, size } of parameters) {
    if (offset >= parameterCount - stateCount) stateStart ??= floats;
    weights.push({ first: floats, floats: roundUp(size) });
    floats += roundUp(size);
  }
  return { weights, floats, stateFloats: floats - (stateStart ?? floats) };
}

/** The plan of an engine that keeps them so and needs no memory besides. */
export function planOfPlaces(network: Network): Omit<EnginePlan, 'arithmetic'> {
  const { weights, floats, stateFloats } = weightPlaces(network);
  return {
    ...{ parameterFloats: floats, slotFloats: floats, stateFloats, weights },
    ...{ constantFloats: 0, derivedFloats: 0, batchBytes: 0, arenaBytes: 0 },
  };
}

/** Natural order ([parameterCount]) to these places, padding included. */
export function packWeights(network: Network, natural: Float32Array, packed: Float32Array): void {
  const { weights } = weightPlaces(network);
  packed.fill(0);
  for (const [index, { offset, size }] of network.parameters.entries())
    packed.set(natural.subarray(offset, offset + size), weights[index].first);
}

/** And back. */
export function unpackWeights(network: Network, packed: Float32Array, natural: Float32Array): void {
  const { weights } = weightPlaces(network);
  for (const [index, { offset, size }] of network.parameters.entries()) {
    const { first } = weights[index];
    natural.set(packed.subarray(first, first + size), offset);
  }
}

/** The weights with a constraint, of those that train. */
export function constrainedWeights(network: Network, buffer: ArrayBufferLike): ConstrainedWeight[] {
  const { weights } = weightPlaces(network);
  return network.parameters.flatMap(({ constraint, untrained, ...weight }, index) => {
    if (constraint === undefined || untrained !== undefined) return [];
    const place = weights[index];
    const change = (parameters: number) =>
      constrain(constraint, weight, new Float32Array(buffer, parameters + place.first * 4, weight.size));
    return [{ ...place, constrain: change }];
  });
}

const roundUp = (floats: number): number => Math.ceil(floats / 16) * 16;
