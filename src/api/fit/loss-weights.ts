import { inputError } from '../../errors.ts';
import { isObject, show } from '../../model/keras/config/layer-config.ts';
import { alternatives, counted, shown } from '../../shown.ts';
import type { FitArgs } from './args.ts';
import { byOutput } from './by-output.ts';

/**
 * What the loss of each output is multiplied by: 1 where nothing is said.
 * @throws GradpoolError for what is no such thing
 */
export function lossWeightsOf(given: FitArgs['lossWeights'], names: readonly string[]): number[] {
  const wrong =
    isObject(given) && !Array.isArray(given)
      ? Object.keys(given).find((name) => !names.includes(name))
      : undefined;
  if (wrong !== undefined && names.length > 1)
    throw inputError(
      `Expected \`lossWeights\` to name outputs, ${alternatives(names.map(show))}, got ${show(wrong)}`,
    );
  const list = byOutput(given ?? [], names) ?? [given];
  const weights = list.length === 0 ? names.map(() => 1) : list.map((weight) => weight ?? 1);
  if (names.length === 1 && given !== undefined && given !== null)
    throw inputError('Expected no `lossWeights` for a model with one output, got some');
  if (weights.length !== names.length)
    throw inputError(
      `Expected \`lossWeights\` to be ${counted(names.length, 'number')}, or numbers by the outputs' names, got ${shown(given)}`,
    );
  return weights.map((weight) => {
    if (typeof weight === 'number' && Number.isFinite(weight)) return weight;
    throw inputError(`Expected \`lossWeights\` to be finite numbers, got ${shown(weight)}`);
  });
}
