import { inputError } from '../../errors.ts';
import { Purpose, randomWords, wordRuns } from '../../random.ts';
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
    const { offset, size } = parameter;
    const own = values.subarray(offset, offset + size);
    const range = uniformRange(parameter);
    if (range !== undefined) {
      fillUniform(own, range, wordRuns(seed, Purpose.initialValues, index));
      return;
    }
    const words = randomWords(seed, Purpose.initialValues, index);
    let position = 0;
    const draw = drawer(parameter, () => words(position++));
    for (let element = 0; element < size; element++) own[element] = draw(element);
  });
  return values;
}

/** The next value of a parameter, which is that of the element `element`. */
type Draw = (element: number) => number;
/** The next 32-bit word. */
type NextWord = () => number;

function drawer(parameter: Parameter, word: NextWord): Draw {
  const number = (field: string, absent: number) => configNumber(parameter, field, absent);
  const range = uniformRange(parameter);
  if (range !== undefined) return () => inRange(range, word());
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

/** VarianceScaling and its named cases: glorot, he and lecun, where they are normal. */
function scaledDrawer(parameter: Parameter, word: NextWord): Draw {
  const scaling = varianceScaling(parameter, canonical(parameter.initializer.className));
  if (scaling === undefined)
    throw inputError(
      `The initializer ${JSON.stringify(parameter.initializer.className)} of ${JSON.stringify(parameter.name)} is not supported: take glorotUniform, glorotNormal, heUniform, heNormal, leCunUniform, leCunNormal, varianceScaling, randomUniform, randomNormal, truncatedNormal, orthogonal, identity, zeros, ones or constant, or a model.json with weights`,
    );
  return truncatedNormal(0, Math.sqrt(scaling.variance), word);
}

/** `glorot_uniform`, `glorotUniform` and `GlorotUniform` are one. */
const canonical = (className: string): string => className.replaceAll('_', '').toLowerCase();

/** In the open interval (0, 1). */
const unit = (word: number): number => (word + 0.5) / 2 ** 32;

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Where a parameter's values are uniform. */
function uniformRange(parameter: Parameter): Range | undefined {
  const className = canonical(parameter.initializer.className);
  const number = (field: string, absent: number) => configNumber(parameter, field, absent);
  if (className === 'randomuniform') return { low: number('minval', -0.05), high: number('maxval', 0.05) };
  const { variance, distribution } = varianceScaling(parameter, className) ?? {};
  if (variance === undefined || distribution !== 'uniform') return undefined;
  const limit = Math.sqrt(3 * variance);
  return { low: -limit, high: limit };
}

const inRange = ({ low, high }: Range, word: number): number => low + (high - low) * unit(word);

const wordsAtOnce = 1024;

/** What most weights begin with, and the largest ones: in a loop without calls, in two fifths of the time. */
function fillUniform(values: Float32Array, range: Range, writeWords: ReturnType<typeof wordRuns>): void {
  const words = new Uint32Array(Math.min(wordsAtOnce, 4 * Math.ceil(values.length / 4)));
  for (let first = 0; first < values.length; first += words.length) {
    writeWords(first, words);
    const count = Math.min(words.length, values.length - first);
    for (let at = 0; at < count; at++) values[first + at] = inRange(range, words[at]);
  }
}

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
