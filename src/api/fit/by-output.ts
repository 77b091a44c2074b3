import { isObject } from '../../model/keras/config/layer-config.ts';

/**
 * What is given for each output, in a list or by output name; undefined for what lacks there.
 * @returns undefined where it is given for none in particular
 */
export function byOutput(given: unknown, names: readonly string[]): unknown[] | undefined {
  if (Array.isArray(given)) return given;
  return isObject(given) ? names.map((name) => given[name]) : undefined;
}
