/** What a layer's constraints make of its weights. */
import type { Shape } from '../../../shape.ts';
import type { Constraint } from '../../network.ts';
import {
  invalidField,
  isObject,
  type JsonObject,
  type LayerConfig,
  show,
  unsupportedLayer,
} from './layer-config.ts';

type Norm = (settings: JsonObject) => {
  readonly least: unknown;
  readonly most: unknown;
  readonly rate: unknown;
};

/** tfjs's, by the names under which Keras has them too, without underscores, and the settings of their norms. */
const norms: ReadonlyMap<string, Norm> = new Map<string, Norm>([
  ['maxnorm', ({ max_value: most }) => ({ least: 0, most: most ?? 2, rate: 1 })],
  ['unitnorm', () => ({ least: 1, most: 1, rate: 1 })],
  [
    'minmaxnorm',
    ({ min_value: least, max_value: most, rate }) => ({
      least: least ?? 0,
      most: most ?? 1,
      rate: rate ?? 1,
    }),
  ],
]);

/** @param field the first part of the setting's name */
export function constraintOf(layer: LayerConfig, field: string, shape: Shape): Constraint | undefined {
  const setting = `${field}_constraint`;
  const given = layer.fields[setting] ?? null;
  if (given === null) return undefined;
  const { class_name: className, config } =
    typeof given === 'string' ? { class_name: given, config: {} } : isObject(given) ? given : {};
  const constraint = constraintNamed(className, isObject(config) ? config : {}, shape);
  if (constraint === undefined) throw unsupportedLayer(layer, `\`${setting}\` is ${show(given)}`);
  if (constraint !== 'invalid') return constraint;
  const axes = `axes from 0 to ${shape.length - 1}`;
  throw invalidField(layer, setting, `a constraint with finite numbers and ${axes}`, given);
}

/** Undefined where the class is none of tfjs's. */
export function constraintNamed(
  className: unknown,
  settings: JsonObject,
  shape: Shape,
): Constraint | 'invalid' | undefined {
  const name = typeof className === 'string' ? className.replaceAll('_', '').toLowerCase() : '';
  if (name === 'nonneg') return { kind: 'nonNegative' };
  const bounds = norms.get(name)?.(settings);
  if (bounds === undefined) return undefined;
  const { least, most, rate } = bounds;
  const axes = [settings.axis ?? 0]
    .flat()
    .map((axis) => (typeof axis === 'number' && axis < 0 ? axis + shape.length : axis));
  const valid = axes.every(
    (axis): axis is number =>
      Number.isInteger(axis) && (axis as number) >= 0 && (axis as number) < shape.length,
  );
  if (!valid || axes.length === 0 || !isReal(least) || !isReal(most) || !isReal(rate)) return 'invalid';
  return { kind: 'norm', axes: [...new Set(axes)].sort((a, b) => a - b), least, most, rate };
}

const isReal = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
