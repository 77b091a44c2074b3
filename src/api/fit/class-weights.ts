import type { ExampleSet } from '../../data/example-set.ts';
import { inputError, usageError } from '../../errors.ts';
import type { End } from '../../model/ends.ts';
import { isObject, show } from '../../model/keras/config/layer-config.ts';
import { shown } from '../../shown.ts';
import { byOutput } from './by-output.ts';
import type { Compiled } from './compiled.ts';

/** { [class]: weight }; absent where an output has none. */
export type ClassWeights = Readonly<Record<number, unknown>> | undefined;

/**
 * The weights of each output's classes, as tfjs takes them: of a single output { [class]: weight }, a list of one such,
 * or one under the output's name; of several a list, or an object by output name, in which some may lack.
 * @throws GradpoolError for what is no such thing
 */
export function classWeightsOf(given: unknown, names: readonly string[]): readonly ClassWeights[] {
  const list = listOf(given, names);
  const isWhole = list?.length === names.length && (names.length > 1 || list[0] !== undefined);
  if (
    isWhole &&
    list.every((own) => own === undefined || own === null || (isObject(own) && !Array.isArray(own)))
  )
    return list.map((own) => (own ?? undefined) as ClassWeights);
  throw inputError(
    names.length === 1
      ? `Expected \`classWeight\` to be { [class]: weight }, got ${shown(given)}`
      : `Expected \`classWeight\` to be a list of ${names.length}, or an object by the outputs' names, of { [class]: weight }, got ${shown(given)}`,
  );
}

function listOf(given: unknown, names: readonly string[]): unknown[] | undefined {
  const isOwn = names.length === 1 && isObject(given) && !Array.isArray(given) && !isObject(given[names[0]]);
  if (isOwn) return [given];
  const list = byOutput(given, names);
  // Weights of classes and no outputs' are what lacks a name of an output.
  return names.length > 1 && list?.every((own) => own === undefined) ? undefined : list;
}

/** @throws GradpoolError of kind 'usage' where examples have no class that a weight could be for */
export function checkClassWeights(
  given: readonly ClassWeights[],
  { outputs }: Compiled,
  ends: readonly End[],
): void {
  for (const [place, weights] of given.entries()) {
    if (weights === undefined) continue;
    if (outputs[place].isScalar)
      throw usageError(
        'Expected no `classWeight` with a loss of tf.losses, which gives one number for a batch; compile the model with the name of a loss',
      );
    const { shape } = ends[place];
    if (shape.length > 1)
      throw usageError(
        `Expected no \`classWeight\` with an output of shape [${shape.join(', ')}], of which no example has one class; leave it out`,
      );
  }
}

/**
 * What each example's losses are multiplied by: the weight of its class, which is the target itself where that is a
 * single value, else the place of the largest.
 * @param result [count, outputs], written
 * @throws GradpoolError where a class of the examples has no weight
 */
export function exampleWeights(
  given: readonly ClassWeights[],
  { targets, count }: ExampleSet,
  outputs: readonly End[],
  result: Float32Array,
): Float32Array {
  const width = targets.length / count;
  result.fill(1);
  for (const [place, weights] of given.entries()) {
    if (weights === undefined) continue;
    const { offset, size } = outputs.length === 1 ? { offset: 0, size: width } : outputs[place];
    for (let example = 0; example < count; example++) {
      const start = example * width + offset;
      const label = classOf(targets.subarray(start, start + size));
      const weight = weights[label];
      if (typeof weight !== 'number' || !Number.isFinite(weight))
        throw inputError(
          `Expected \`classWeight\` to give a finite number for each class of the examples, got ${show(weight)} for class ${label}`,
        );
      result[example * outputs.length + place] = weight;
    }
  }
  return result;
}

const classOf = (target: Float32Array | Uint32Array): number =>
  target.length === 1 ? target[0] : target.indexOf(Math.max(...target));
