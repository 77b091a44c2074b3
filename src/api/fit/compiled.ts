import { type LayersModel, metrics as tfMetrics } from '@tensorflow/tfjs-layers';
import type { TargetType } from '../../data/input-type.ts';
import { inputError } from '../../errors.ts';
import type { Loss, LossName, ModelLoss, OwnFunction } from '../../loss/loss.ts';
import type { NamedMetric } from '../../metric/metric-choices.ts';
import type { MetricName } from '../../metric/metrics.ts';
import { outputEnds } from '../../model/ends.ts';
import { isObject, show } from '../../model/keras/config/layer-config.ts';
import type { Network } from '../../model/network.ts';
import type { Shape } from '../../shape.ts';
import { shown } from '../../shown.ts';
import { layersOf } from '../run-options.ts';
import type { FitArgs } from './args.ts';
import { byOutput } from './by-output.ts';
import { lossWeightsOf } from './loss-weights.ts';

/** What `model.compile` was told, besides the optimizer. */
export interface Compiled {
  readonly loss: ModelLoss;
  /** Of each output. */
  readonly outputs: readonly OutputSettings[];
  /** The losses of several outputs, then the metrics, as History and logs name them. */
  readonly metrics: readonly NamedMetric[];
  /** 'loss', then the metrics' labels. */
  readonly labels: readonly string[];
}

export interface OutputSettings {
  readonly loss: LossName | OwnFunction;
  /** True for a function of tf.losses: tfjs takes its value for a batch as one number, which no example's weight changes. */
  readonly isScalar: boolean;
  /** Whether it was given as a name, by which tfjs chooses what accuracy means, or as a function of tf.metrics. */
  readonly isNamed: boolean;
}

export const compiledOptions = ({
  lossWeights,
  layers,
}: {
  readonly lossWeights?: FitArgs['lossWeights'] | undefined;
  readonly layers?: FitArgs['layers'] | undefined;
}): CompiledOptions => ({ lossWeights, module: layersOf(layers).layersModule });

export interface CompiledOptions {
  readonly lossWeights?: FitArgs['lossWeights'] | undefined;
  /** That of `layers`, which exports functions of the user's own. Absolute path. */
  readonly module?: string | undefined;
}

/**
 * The losses and the metrics of a compiled model.
 * @throws GradpoolError that names what gradpool does not know, with what it does
 */
export function compiledSettings(
  model: LayersModel,
  network: Network,
  { lossWeights, module }: CompiledOptions = {},
): Compiled {
  const { outputNames: names } = model;
  const ends = outputEnds(network);
  const outputs = lossSettings(model.loss, names, module);
  const asked = metricSettings(model.metrics, names);
  const metrics = ends.flatMap(({ shape }, output) =>
    asked[output].map((metric) => {
      const found = metricOf(metric, outputs[output], shape, module);
      if (typeof found !== 'string') return { metric: 'own' as const, output, function: found };
      return { metric: ends.length > 1 ? ofVectors(found) : found, output };
    }),
  );
  const losses = ends.length === 1 ? [] : ends.map((_, output) => ({ metric: 'loss' as const, output }));
  const labels = model.metricsNames;
  if (new Set(labels).size !== labels.length)
    throw inputError(`Expected each of the model's metrics once, got ${asked.flat().map(named).join(', ')}`);
  return {
    loss: modelLoss(outputs, lossWeightsOf(lossWeights, names)),
    outputs,
    metrics: [...losses, ...metrics].map((metric, place) => ({ ...metric, label: labels[place + 1] })),
    labels,
  };
}

/** As the callbacks are told of them. */
export const labelsOf = ({ labels }: Compiled, isValidated: boolean): string[] =>
  isValidated ? [...labels, ...labels.map((label) => `val_${label}`)] : [...labels];

/** Classes of one of several outputs stand as vectors. */
function ofVectors(name: MetricName): MetricName {
  if (name === 'sparseCategoricalAccuracy') return 'categoricalAccuracy';
  return name;
}

function modelLoss(outputs: readonly OutputSettings[], weights: readonly number[]): ModelLoss {
  const losses = outputs.map(
    ({ loss }): Loss =>
      typeof loss === 'string' ? { name: loss, of: 'output' } : { name: 'own', of: 'output', function: loss },
  );
  return losses.length === 1
    ? losses[0]
    : losses.map((loss, output) => ({ ...loss, weight: weights[output] }));
}

/** What the loss of each output takes as targets. */
export const takesOf = ({ outputs }: Compiled): TargetType[] =>
  outputs.map(({ loss }) => (loss === 'sparseCategoricalCrossentropy' ? 'class' : 'vector'));

/** tfjs takes one for all outputs, a list, or an object by output name. */
function lossSettings(
  setting: unknown,
  names: readonly string[],
  module: string | undefined,
): OutputSettings[] {
  const list = byOutput(setting, names) ?? names.map(() => setting);
  if (list.length !== names.length)
    throw inputError(
      `Expected a loss for ${names.length === 1 ? 'the only output' : `each of the ${names.length} outputs`} of the model, got ${list.length}; compile the model again`,
    );
  const without = names.find((_, output) => list[output] === undefined || list[output] === null);
  if (without !== undefined && names.length > 1)
    throw inputError(
      `Expected a loss for each output of the model, got none for ${show(without)}; compile the model with one`,
    );
  return list.map((given, output) =>
    lossOf(given, names.length === 1 ? '' : ` of output ${show(names[output])}`, module),
  );
}

/** Those of each output: tfjs takes them for all, or by output name. */
function metricSettings(setting: unknown, names: readonly string[]): unknown[][] {
  const given = setting ?? [];
  const list = isObject(given) && !Array.isArray(given) ? names.map((name) => given[name] ?? []) : undefined;
  return names.map((_, output) => [list === undefined ? given : list[output]].flat());
}

/** As `compile` takes them as strings. */
const lossStrings = [
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'kullbackLeiblerDivergence',
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'logcosh',
  'poisson',
  'hinge',
  'squaredHinge',
  'categoricalHinge',
  'cosineProximity',
] as const satisfies readonly LossName[];

/** Functions of tf.losses. TensorFlow.js gives its operations these names with __op behind, in whichever copy of it. */
const lossOperations: ReadonlyMap<string, LossName> = new Map([
  ['softmaxCrossEntropy', 'softmaxCrossEntropy'],
  ['sigmoidCrossEntropy', 'sigmoidCrossEntropy'],
  ['meanSquaredError', 'meanSquaredError'],
  ['absoluteDifference', 'meanAbsoluteError'],
  ['huberLoss', 'huberLoss'],
  ['hingeLoss', 'hingeLoss'],
  ['logLoss', 'logLoss'],
]);

/** @param where for messages: of which output */
function lossOf(given: unknown, where: string, module: string | undefined): OutputSettings {
  const isNamed = typeof given === 'string';
  const known = lossStrings.find((name) => name === (isNamed ? given : metricAliases.get(given)));
  if (known !== undefined) return { loss: known, isScalar: false, isNamed };
  const [, operationName = ''] = typeof given === 'function' ? (given.name.match(/^(.+)__op$/) ?? []) : [];
  const operation = lossOperations.get(operationName);
  if (operation !== undefined) return { loss: operation, isScalar: true, isNamed };
  const own = ownOf(given, module);
  if (own !== undefined && operationName === '') return { loss: own, isScalar: false, isNamed };
  const why =
    operationName === 'cosineDistance'
      ? ', which a compiled model calls without an axis, so that it sums over the whole batch'
      : '';
  throw inputError(
    `Expected the model's loss${where} to be ${lossStrings.map(show).join(', ')} or of tf.losses ${[...lossOperations.keys()].join(', ')}, got ${named(given)}${why}; compile the model with one of them${orOwn(given)}`,
  );
}

/** All that `compile` takes for a metric of these, besides those that the loss decides. */
const metricAliases = new Map<unknown, MetricName>([
  ['binaryAccuracy', 'binaryAccuracy'],
  ['categoricalAccuracy', 'categoricalAccuracy'],
  ['precision', 'precision'],
  ['categoricalCrossentropy', 'categoricalCrossentropy'],
  ['sparseCategoricalCrossentropy', 'sparseCategoricalCrossentropy'],
  ['mse', 'meanSquaredError'],
  ['MSE', 'meanSquaredError'],
  ['mae', 'meanAbsoluteError'],
  ['MAE', 'meanAbsoluteError'],
  ['mape', 'meanAbsolutePercentageError'],
  ['MAPE', 'meanAbsolutePercentageError'],
  ['cosine', 'cosineProximity'],
  [tfMetrics.binaryAccuracy, 'binaryAccuracy'],
  [tfMetrics.categoricalAccuracy, 'categoricalAccuracy'],
  [tfMetrics.sparseCategoricalAccuracy, 'sparseCategoricalAccuracy'],
  [tfMetrics.precision, 'precision'],
  [tfMetrics.recall, 'recall'],
  [tfMetrics.r2Score, 'r2Score'],
  [tfMetrics.binaryCrossentropy, 'binaryCrossentropy'],
  [tfMetrics.categoricalCrossentropy, 'categoricalCrossentropy'],
  [tfMetrics.meanSquaredError, 'meanSquaredError'],
  [tfMetrics.MSE, 'meanSquaredError'],
  [tfMetrics.mse, 'meanSquaredError'],
  [tfMetrics.meanAbsoluteError, 'meanAbsoluteError'],
  [tfMetrics.meanAbsolutePercentageError, 'meanAbsolutePercentageError'],
  [tfMetrics.MAPE, 'meanAbsolutePercentageError'],
  [tfMetrics.mape, 'meanAbsolutePercentageError'],
  [tfMetrics.cosineProximity, 'cosineProximity'],
]);

const accuracy: ByLoss = {
  ...{ binary: 'binaryAccuracy', sparse: 'sparseCategoricalAccuracy', other: 'categoricalAccuracy' },
};
const crossentropy: ByLoss = {
  ...{
    binary: 'binaryCrossentropy',
    sparse: 'sparseCategoricalCrossentropy',
    other: 'categoricalCrossentropy',
  },
};
/** Short names, whose meaning tfjs chooses by the loss. */
const metricsByLoss = new Map<unknown, ByLoss>([
  ['accuracy', accuracy],
  ['acc', accuracy],
  ['crossentropy', crossentropy],
  ['ce', crossentropy],
]);

function metricOf(
  metric: unknown,
  compiled: OutputSettings,
  output: Shape,
  module: string | undefined,
): MetricName | OwnFunction {
  const { loss } = compiled;
  const byLoss = metricsByLoss.get(metric);
  const name = byLoss === undefined ? metricAliases.get(metric) : chosenBy(byLoss, compiled, output);
  const own = name === undefined ? ownOf(metric, module) : undefined;
  if (own !== undefined) return own;
  if (name === undefined)
    throw inputError(
      `Expected the model's metrics to be among ${[...metricsByLoss.keys(), ...metricAliases.keys()]
        .filter((one) => typeof one === 'string')
        .map(show)
        .join(
          ', ',
        )} and of tf.metrics recall, r2Score and those of these names, got ${named(metric)}; compile the model without it${orOwn(metric)}`,
    );
  const takesClasses = loss === 'sparseCategoricalCrossentropy';
  if (takesClasses !== name.startsWith('sparse'))
    throw inputError(
      `Expected a metric that makes sense with the loss ${show(loss)} and an output of shape [${output.join(', ')}], got ${named(metric)}; compile the model with another one, or none`,
    );
  return name;
}

interface ByLoss {
  /** Of one value, or with binaryCrossentropy. */
  readonly binary: MetricName;
  /** With sparseCategoricalCrossentropy. */
  readonly sparse: MetricName;
  readonly other: MetricName;
}

function chosenBy(
  { binary, sparse, other }: ByLoss,
  { loss, isNamed }: OutputSettings,
  output: Shape,
): MetricName {
  if (output[output.length - 1] === 1 || (isNamed && loss === 'binaryCrossentropy')) return binary;
  return loss === 'sparseCategoricalCrossentropy' ? sparse : other;
}

/** A function that the module may export. */
const ownOf = (given: unknown, module: string | undefined): OwnFunction | undefined =>
  typeof given === 'function' && given.name !== '' && module !== undefined
    ? { module, name: given.name }
    : undefined;

/** What to do with a function of the user's own. */
const orOwn = (given: unknown): string =>
  typeof given === 'function'
    ? ', or export the function from a module and give its path as `layers` (engine tensorflow)'
    : '';

/** A setting of `compile` is a name or a function. */
const named = (value: unknown): string => (typeof value === 'string' ? show(value) : shown(value));
