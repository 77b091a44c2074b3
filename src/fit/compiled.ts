import { type LayersModel, metrics as tfMetrics } from '@tensorflow/tfjs-layers';
import type { LossName } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import { isObject, show } from '../model/layer-config.ts';
import type { Network } from '../model/network.ts';
import type { MetricName } from '../protocol.ts';
import { shown } from '../shown.ts';

/** What `model.compile` was told, besides the optimizer. */
export interface Compiled {
  readonly loss: LossName;
  /** True for a function of tf.losses: tfjs takes its value for a batch as one number, which no example's weight changes. */
  readonly isScalar: boolean;
  readonly metrics: readonly MetricName[];
  /** As History and logs name them: 'loss', then the metrics'. */
  readonly labels: readonly string[];
}

/**
 * The loss and the metrics of a compiled model.
 * @throws GradpoolError that names what gradpool does not know, with what it does
 */
export function compiledSettings(model: LayersModel, network: Network): Compiled {
  const { loss, isScalar } = lossOf(ofOnlyOutput(model, model.loss));
  const given = ofOnlyOutput(model, model.metrics ?? []) ?? [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const metrics = list.map((metric) => metricOf(metric, loss, network));
  const labels = model.metricsNames;
  if (new Set(labels).size !== labels.length)
    throw inputError(`Expected each of the model's metrics once, got ${list.map(named).join(', ')}`);
  return { loss, isScalar, metrics, labels };
}

/** A setting may be given for each output, in a list or by name. */
const ofOnlyOutput = (model: LayersModel, setting: unknown): unknown =>
  isObject(setting) && !Array.isArray(setting) ? setting[model.outputNames[0]] : setting;

/** As `compile` takes them as strings. */
const lossStrings = [
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'meanSquaredError',
  'meanAbsoluteError',
] as const satisfies readonly LossName[];

/** Functions of tf.losses, by the names that TensorFlow.js gives its operations, in whichever copy of it. */
const lossOperations = new Map<unknown, LossName>([
  ['softmaxCrossEntropy__op', 'softmaxCrossEntropy'],
  ['sigmoidCrossEntropy__op', 'sigmoidCrossEntropy'],
  ['meanSquaredError__op', 'meanSquaredError'],
  ['absoluteDifference__op', 'meanAbsoluteError'],
]);

function lossOf(setting: unknown): { readonly loss: LossName; readonly isScalar: boolean } {
  const given = Array.isArray(setting) && setting.length === 1 ? setting[0] : setting;
  const known = lossStrings.find((name) => name === given);
  if (known !== undefined) return { loss: known, isScalar: false };
  const operation = typeof given === 'function' ? lossOperations.get(given.name) : undefined;
  if (operation !== undefined) return { loss: operation, isScalar: true };
  throw inputError(
    `Expected the model's loss to be ${lossStrings.map(show).join(', ')} or tf.losses.softmaxCrossEntropy, sigmoidCrossEntropy, meanSquaredError or absoluteDifference, got ${named(given)}; compile the model with one of them`,
  );
}

/** All that `compile` takes for a metric of these, besides 'accuracy' and 'acc'. */
const metricAliases = new Map<unknown, MetricName>([
  ['binaryAccuracy', 'binaryAccuracy'],
  ['categoricalAccuracy', 'categoricalAccuracy'],
  ['mse', 'meanSquaredError'],
  ['MSE', 'meanSquaredError'],
  ['mae', 'meanAbsoluteError'],
  ['MAE', 'meanAbsoluteError'],
  [tfMetrics.binaryAccuracy, 'binaryAccuracy'],
  [tfMetrics.categoricalAccuracy, 'categoricalAccuracy'],
  [tfMetrics.sparseCategoricalAccuracy, 'sparseCategoricalAccuracy'],
  [tfMetrics.meanSquaredError, 'meanSquaredError'],
  [tfMetrics.meanAbsoluteError, 'meanAbsoluteError'],
]);

function metricOf(metric: unknown, loss: LossName, network: Network): MetricName {
  const isAccuracy = metric === 'accuracy' || metric === 'acc';
  const name = isAccuracy ? accuracyOf(loss, network) : metricAliases.get(metric);
  if (name === undefined)
    throw inputError(
      `Expected the model's metrics to be among "accuracy", "binaryAccuracy", "categoricalAccuracy", "mse", "mae" and tf.metrics.sparseCategoricalAccuracy, got ${named(metric)}; compile the model without it`,
    );
  const takesClasses = loss === 'sparseCategoricalCrossentropy';
  if (takesClasses !== (name === 'sparseCategoricalAccuracy') || isUnordered(name, network))
    throw inputError(
      `Expected a metric that makes sense with the loss ${show(loss)} and an output of shape [${network.output.join(', ')}], got ${named(metric)}; compile the model with another one, or none`,
    );
  return name;
}

/** tfjs's choice of what 'accuracy' means. */
function accuracyOf(loss: LossName, { output }: Network): MetricName {
  if (output[output.length - 1] === 1 || loss === 'binaryCrossentropy') return 'binaryAccuracy';
  return loss === 'sparseCategoricalCrossentropy' ? 'sparseCategoricalAccuracy' : 'categoricalAccuracy';
}

/** Classes lie along the last axis: gradpool looks for the largest of a vector only. */
const isUnordered = (name: MetricName, { output }: Network): boolean =>
  name === 'categoricalAccuracy' && output.length !== 1;

/** A setting of `compile` is a name or a function. */
const named = (value: unknown): string => (typeof value === 'string' ? show(value) : shown(value));
