/** How metrics are asked for, and what each then is. */
import type { TargetType } from '../data/input-type.ts';
import type { Loss } from '../loss/loss.ts';
import { lossTraits } from '../loss/traits.ts';
import { type MetricName, metricNames, type OutputMetric } from './metrics.ts';

/** TensorFlow.js's names and short names; what 'accuracy' is, the loss and the output decide. */
export const metricChoices = ['accuracy', 'mse', 'mae', 'mape', 'cosine', ...metricNames] as const;
export type MetricChoice = (typeof metricChoices)[number];

/** Whether more of a metric is better, by what it is called. */
export const isMoreBetter = (name: string): boolean =>
  /acc(uracy)?$|accuracy|^precision$|^recall$|^r2Score$/i.test(name);

/** A metric and what it is called in reports. */
export interface NamedMetric extends OutputMetric {
  readonly label: string;
}

/** What decides what a metric is computed of. */
export interface Measured {
  readonly loss: Loss['name'];
  readonly targetType: TargetType;
  /** Values of the model's output. */
  readonly width: number;
}

/** The metric that was asked for, on labelled examples: a label may be a class, or a vector made of it. */
export function metricOf(choice: MetricChoice, measured: Measured): MetricName {
  switch (choice) {
    case 'accuracy':
      return accuracyOf(measured);
    case 'mse':
      return 'meanSquaredError';
    case 'mae':
      return 'meanAbsoluteError';
    case 'mape':
      return 'meanAbsolutePercentageError';
    case 'cosine':
      return 'cosineProximity';
    case 'categoricalAccuracy':
    case 'sparseCategoricalAccuracy':
      return measured.targetType === 'class' ? 'sparseCategoricalAccuracy' : 'categoricalAccuracy';
    default:
      return choice;
  }
}

/** The share of examples that are classified right. One output tells two classes apart. */
function accuracyOf({ loss, targetType, width }: Measured): MetricName {
  const { takes } = lossTraits[loss];
  if (width === 1)
    return takes === 'logits' || takes === 'margins' ? 'binaryAccuracyOfLogits' : 'binaryAccuracy';
  return targetType === 'class' ? 'sparseCategoricalAccuracy' : 'categoricalAccuracy';
}
