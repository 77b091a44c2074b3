import type { ExampleSet } from '../data/example-set.ts';
import { inputError } from '../errors.ts';
import { isObject, show } from '../model/layer-config.ts';
import { shown } from '../shown.ts';

/**
 * What each example's loss is multiplied by, as tfjs has it: the weight of its class, which is the target itself
 * where that is a single value, else the place of the largest.
 * @param given { [class]: weight }, a list of one such, or one under the output's name
 * @returns [count] in shared memory
 * @throws GradpoolError for what is no such thing, or lacks a class of the examples
 */
export function classWeights(given: unknown, examples: ExampleSet, outputName: string): Float32Array {
  const weights = ofOnlyOutput(given, outputName);
  const size = examples.targets.length / examples.count;
  const result = new Float32Array(new SharedArrayBuffer(examples.count * 4));
  for (let example = 0; example < examples.count; example++) {
    const target = examples.targets.subarray(example * size, (example + 1) * size);
    const weight = weights[classOf(target)];
    if (typeof weight !== 'number' || !Number.isFinite(weight))
      throw inputError(
        `Expected \`classWeight\` to give a finite number for each class of the examples, got ${show(weight)} for class ${classOf(target)}`,
      );
    result[example] = weight;
  }
  return result;
}

function ofOnlyOutput(given: unknown, outputName: string): Readonly<Record<number, unknown>> {
  const weights: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const own = isObject(weights) && isObject(weights[outputName]) ? weights[outputName] : weights;
  if (isObject(own) && !Array.isArray(own)) return own;
  throw inputError(`Expected \`classWeight\` to be { [class]: weight }, got ${shown(given)}`);
}

const classOf = (target: Float32Array | Uint32Array): number =>
  target.length === 1 ? target[0] : target.indexOf(Math.max(...target));
