import { inputError } from '../../errors.ts';
import { Purpose, randomWords } from '../../random.ts';
import type { Initializer, Network, Parameter } from '../network.ts';
import { identity, orthogonal } from './matrix-values.ts';
import { varianceScaling } from './variance-scaling.ts';

/**
 * The values that training begins with, drawn as each parameter's initializer says, with TensorFlow.js's formulas.
 * Parameter p takes the words of (seed, initial values, p), so its values depend on the seed, its place in the list
 * and its initializer alone. (Seeds in initializers' configurations are not used.) Uniform values are exact
 * arithmetic; normal ones use Math.log and Math.cos, whose last bit a JavaScript engine is free to choose.
 * @returns [network.parameterCount] in natural order
 * @throws GradpoolError that names the parameter when its initializer is unknown or makes no sense
 */
export function initialValues(network: Network, seed: number): Float32Array {
  // Shared, so that the coordinator's thread needs no copy.
  const values = new Float32Array(new SharedArrayBuffer(network.parameterCount * 4));
  network.parameters.forEach((parameter, index) => {
    const words = randomWords(seed, Purpose.initialValues, index);
    let position = 0;
    const draw = drawer(parameter, () => words(position++));
    for (let element = 0; element < parameter.size; element++)
      values[parameter.offset + element] = draw(element);
  });
  return values;
}

/** The next value of a parameter, which is that of the element `element`. */
type Draw = (element: number) => number;
/** The next 32-bit word. */
type NextWord = () => number;

function drawer(parameter: Parameter, word: NextWord): Draw {
  const number = (field: string, absent: number) => configNumber(parameter, field, absent);
  const standard = normal(0, 1, word);
  switch (canonical(parameter.initializer.className)) {
    case 'zeros':
      return () => 0;
    case 'ones':
      return () => 1;
    case 'constant': {
      const value = number('value', 0);
      return () => value;
    }
    case 'randomuniform':
      return uniform(number('minval', -0.05), number('maxval', 0.05), word);
    case 'randomnormal':
      return normal(number('mean', 0), number('stddev', 0.05), word);
    case 'truncatednormal':
      return truncatedNormal(number('mean', 0), number('stddev', 0.05), word);
    case 'orthogonal': {
      const values = orthogonal(parameter, number('gain', 1), () => standard(0));
      return (element) => values[element];
    }
    case 'identity': {
      const values = identity(parameter, number('gain', 1));
      return (element) => values[element];
    }
    case 'unitforgetbias':
      return unitForgetBias(parameter, word) ?? scaledDrawer(parameter, word);
    default:
      return scaledDrawer(parameter, word);
  }
}

/**
 * What an lstm's bias begins with: 1 for what keeps the carry, the second quarter, and else what `others` says.
 * @returns undefined for what only has its name
 */
function unitForgetBias(parameter: Parameter, word: NextWord): Draw | undefined {
  const others = parameter.initializer.config.others as Initializer | undefined;
  if (typeof others?.className !== 'string') return undefined;
  const draw = drawer({ ...parameter, initializer: others }, word);
  return (element) => (Math.floor((element * 4) / parameter.size) === 1 ? 1 : draw(element));
}

/** VarianceScaling and its named cases: glorot, he and lecun. */
function scaledDrawer(parameter: Parameter, word: NextWord): Draw {
  const scaling = varianceScaling(parameter, canonical(parameter.initializer.className));
  if (scaling === undefined)
    throw inputError(
      `The initializer ${JSON.stringify(parameter.initializer.className)} of ${JSON.stringify(parameter.name)} is not supported: take glorotUniform, glorotNormal, heUniform, heNormal, leCunUniform, leCunNormal, varianceScaling, randomUniform, randomNormal, truncatedNormal, orthogonal, identity, zeros, ones or constant, or a model.json with weights`,
    );
  const { variance, distribution } = scaling;
  if (distribution === 'normal') return truncatedNormal(0, Math.sqrt(variance), word);
  const limit = Math.sqrt(3 * variance);
  return uniform(-limit, limit, word);
}

/** `glorot_uniform`, `glorotUniform` and `GlorotUniform` are one. */
const canonical = (className: string): string => className.replaceAll('_', '').toLowerCase();

/** In the open interval (0, 1). */
const unit = (word: number): number => (word + 0.5) / 2 ** 32;

const uniform =
  (low: number, high: number, word: NextWord): Draw =>
  () =>
    low + (high - low) * unit(word());

/** Box and Muller: two words a value. */
const normal =
  (mean: number, deviation: number, word: NextWord): Draw =>
  () => {
    const radius = Math.sqrt(-2 * Math.log(unit(word())));
    return mean + deviation * radius * Math.cos(2 * Math.PI * unit(word()));
  };

/** Normal values further than two deviations from the mean are drawn again. */
function truncatedNormal(mean: number, deviation: number, word: NextWord): Draw {
  const standard = normal(0, 1, word);
  return () => {
    let value = standard(0);
    while (Math.abs(value) > 2) value = standard(0);
    return mean + deviation * value;
  };
}

function configNumber(parameter: Parameter, field: string, absent: number): number {
  const value = parameter.initializer.config[field] ?? absent;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw inputError(
    `Expected \`${field}\` of the initializer of ${JSON.stringify(parameter.name)} to be a finite number, got ${JSON.stringify(value)}`,
  );
}
