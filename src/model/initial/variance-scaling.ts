import { inputError } from '../../errors.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { Parameter } from '../network.ts';

export interface Scaling {
  /**
   * scale / fan. A uniform distribution has this variance; a normal one is drawn with it and then truncated, and
   * TensorFlow.js, unlike Keras, does not widen it again for what the truncation takes away.
   */
  readonly variance: number;
  readonly distribution: Distribution;
}

type Distribution = 'normal' | 'uniform';
type Mode = 'fan_in' | 'fan_out' | 'fan_avg';

interface Settings {
  readonly scale: number;
  readonly mode: Mode;
  readonly distribution: Distribution;
}

const named: ReadonlyMap<string, Settings> = new Map<string, Settings>([
  ['glorotuniform', { scale: 1, mode: 'fan_avg', distribution: 'uniform' }],
  ['glorotnormal', { scale: 1, mode: 'fan_avg', distribution: 'normal' }],
  ['heuniform', { scale: 2, mode: 'fan_in', distribution: 'uniform' }],
  ['henormal', { scale: 2, mode: 'fan_in', distribution: 'normal' }],
  ['lecununiform', { scale: 1, mode: 'fan_in', distribution: 'uniform' }],
  ['lecunnormal', { scale: 1, mode: 'fan_in', distribution: 'normal' }],
]);

/**
 * What VarianceScaling or one of its named cases means for a parameter; undefined for other initializers.
 * @param initializer the class name in lower case, without underscores
 * @throws GradpoolError for a scale, mode or distribution that makes no sense
 */
export function varianceScaling(parameter: Parameter, initializer: string): Scaling | undefined {
  const settings = initializer === 'variancescaling' ? readSettings(parameter) : named.get(initializer);
  if (settings === undefined) return undefined;
  const { fanIn, fanOut } = fansOf(parameter.shape);
  const fan = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[settings.mode];
  return { variance: settings.scale / Math.max(1, fan), distribution: settings.distribution };
}

function readSettings(parameter: Parameter): Settings {
  const { config } = parameter.initializer;
  const { scale, mode, distribution } = {
    scale: config.scale ?? 1,
    mode: config.mode ?? 'fan_in',
    distribution: config.distribution ?? 'normal',
  };
  if (typeof scale !== 'number' || !Number.isFinite(scale) || scale < 0)
    throw invalid(parameter, 'scale', 'a finite number >= 0', scale);
  if (mode !== 'fan_in' && mode !== 'fan_out' && mode !== 'fan_avg')
    throw invalid(parameter, 'mode', 'fan_in, fan_out or fan_avg', mode);
  if (distribution !== 'uniform' && distribution !== 'normal' && distribution !== 'truncated_normal')
    throw invalid(parameter, 'distribution', 'normal, truncated_normal or uniform', distribution);
  return { scale, mode, distribution: distribution === 'uniform' ? 'uniform' : 'normal' };
}

const invalid = (parameter: Parameter, field: string, expected: string, got: unknown) =>
  inputError(
    `Expected \`${field}\` of the initializer of ${JSON.stringify(parameter.name)} to be ${expected}, got ${JSON.stringify(got)}`,
  );

/**
 * How many inputs an output sums over, and the reverse: for a kernel [..., in, out] the receptive field's size times
 * in and out. A vector counts as the square root of its size each way, as TensorFlow.js has it.
 */
function fansOf(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: Math.sqrt(sizeOf(shape)), fanOut: Math.sqrt(sizeOf(shape)) };
  const field = sizeOf(shape.slice(0, -2));
  const [inputs, outputs] = shape.slice(-2);
  return { fanIn: field * inputs, fanOut: field * outputs };
}
