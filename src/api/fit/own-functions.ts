import type { LayersModel } from '@tensorflow/tfjs-layers';
import { inputError } from '../../errors.ts';
import type { OwnFunction } from '../../loss/loss.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import { importOwn, ownFunction } from '../../model/tfjs/own-functions.ts';
import type { Compiled } from './compiled.ts';

/**
 * Looks whether the module of `layers` exports the functions that a model is compiled with: workers load them from there.
 * @throws GradpoolError that names one which it does not
 */
export async function checkOwn({ loss, metrics }: Compiled, model: LayersModel): Promise<void> {
  const losses = [loss].flat().flatMap((one) => (one.name === 'own' ? [one.function] : []));
  const own = [...losses, ...metrics.flatMap((metric) => metric.function ?? [])];
  await importOwn(own);
  const given = functionsIn([model.loss, model.metrics]);
  for (const one of own) checkSame(one, given);
}

/** A loader may have made another copy of the module than the caller's. */
function checkSame(own: OwnFunction, given: readonly ((...values: never[]) => unknown)[]): void {
  const found = ownFunction(own);
  if (given.some((one) => one === found || (one.name === own.name && String(one) === String(found)))) return;
  throw inputError(
    `Expected ${show(own.name)} of the module ${own.module} to be the function that the model is compiled with, got another one; compile the model with the one that it exports`,
  );
}

function functionsIn(value: unknown): ((...values: never[]) => unknown)[] {
  if (typeof value === 'function') return [value as () => unknown];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(functionsIn) : [];
}
