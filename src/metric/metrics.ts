import type { ExampleBatch, ExampleSums } from '../engine/engine.ts';
import type { LossName, OwnFunction, OwnMetric } from '../loss/loss.ts';
import { lossFunctions } from '../loss/loss-functions.ts';
import { lossTraits } from '../loss/traits.ts';
import type { End } from '../model/ends.ts';

/** Those losses that TensorFlow.js takes as metrics, too. */
const measuredLosses = [
  'binaryCrossentropy',
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'cosineProximity',
] as const satisfies readonly LossName[];
type MeasuredLoss = (typeof measuredLosses)[number];

/** What is measured of predictions besides the loss, by TensorFlow.js's names (tf.metrics), and Keras' top-k. */
export const metricNames = [
  'binaryAccuracy',
  'categoricalAccuracy',
  'sparseCategoricalAccuracy',
  'topKCategoricalAccuracy',
  'precision',
  'recall',
  'r2Score',
  ...measuredLosses,
] as const;
/** Logits tell classes apart at 0: what 'accuracy' is where a loss takes them, and there is one. */
export type MetricName = (typeof metricNames)[number] | 'binaryAccuracyOfLogits';

/** As TensorFlow.js's function of that name has it. */
interface Metric {
  /** What one example adds to each sum. A target is a class number for `sparseCategoricalAccuracy`, else a vector. */
  of(prediction: Float32Array, target: ArrayLike<number>): readonly number[];
  /** What the sums over some examples say of these. */
  value(sums: readonly number[], examples: number): number;
  /** The number of sums. */
  readonly sums: number;
  /** Whether it is not the mean of its values for single examples: TensorFlow.js then takes it of a batch. */
  readonly isOfBatch: boolean;
  /** Whether each row of an output is measured for itself; an example's measure is then their mean. */
  readonly isOfRows: boolean;
}

type Measured = (prediction: Float32Array, target: ArrayLike<number>) => number;

/** The mean of what each example gives. */
const mean = (of: Measured): Metric => ({
  of: (prediction, target) => [of(prediction, target)],
  value: ([sum], examples) => sum / examples,
  ...{ sums: 1, isOfBatch: false, isOfRows: false },
});

/** The mean of what each row gives. */
const meanOfRows = (of: Measured): Metric => ({ ...mean(of), isOfRows: true });

const meanOver = (prediction: Float32Array, of: (p: number, i: number) => number): number =>
  prediction.reduce((sum, p, i) => sum + of(p, i), 0) / prediction.length;

const count = (prediction: Float32Array, of: (p: number, i: number) => boolean): number =>
  prediction.reduce((sum, p, i) => sum + Number(of(p, i)), 0);

/**
 * How many of the values that `counts` has are right, as TensorFlow.js counts them: predictions other than exactly 0
 * and 1 are neither. 0 where there are none.
 */
const shareOfRight = (counts: (p: number, t: number) => boolean): Metric => ({
  of: (prediction, target) => [
    count(prediction, (p, i) => p === 1 && target[i] === 1),
    count(prediction, (p, i) => (p === 0 || p === 1) && counts(p, target[i])),
  ],
  value: ([right, all]) => (all > 0 ? right / all : 0),
  ...{ sums: 2, isOfBatch: true, isOfRows: false },
});

/** 1 - the sum of (t - p)^2 / the sum of (t - mean t)^2 */
const r2Score: Metric = {
  of: (prediction, target) => [
    prediction.reduce((sum, p, i) => sum + (target[i] - p) ** 2, 0),
    prediction.length,
    prediction.reduce((sum, _, i) => sum + target[i], 0),
    prediction.reduce((sum, _, i) => sum + target[i] ** 2, 0),
  ],
  value: ([residuals, values, targets, squares]) => 1 - residuals / (squares - targets ** 2 / values),
  ...{ sums: 4, isOfBatch: true, isOfRows: false },
};

const lossMetric = (name: MeasuredLoss): Metric => ({
  ...mean((prediction, target) =>
    lossFunctions[name].forward(Float64Array.from(prediction), Float64Array.from(target)),
  ),
  isOfRows: lossTraits[name].of !== 'values',
});

/** The first of the largest. */
function largestAt(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Keras' k. */
const top = 5;

const metrics: Readonly<Record<MetricName, Metric>> = {
  binaryAccuracy: mean((prediction, target) =>
    meanOver(prediction, (p, i) => Number((p > 0.5 ? 1 : 0) === target[i])),
  ),
  binaryAccuracyOfLogits: mean((prediction, target) =>
    meanOver(prediction, (p, i) => Number((p > 0 ? 1 : 0) === target[i])),
  ),
  categoricalAccuracy: meanOfRows((prediction, target) =>
    Number(largestAt(prediction) === largestAt(target)),
  ),
  sparseCategoricalAccuracy: meanOfRows((prediction, target) => Number(largestAt(prediction) === target[0])),
  topKCategoricalAccuracy: meanOfRows((prediction, target) => {
    const wanted = prediction[largestAt(target)];
    return Number(count(prediction, (p) => p > wanted) < top);
  }),
  precision: shareOfRight((p, t) => p === 1 && (t === 0 || t === 1)),
  recall: shareOfRight((_, t) => t === 1),
  r2Score,
  binaryCrossentropy: lossMetric('binaryCrossentropy'),
  categoricalCrossentropy: lossMetric('categoricalCrossentropy'),
  sparseCategoricalCrossentropy: lossMetric('sparseCategoricalCrossentropy'),
  meanSquaredError: lossMetric('meanSquaredError'),
  meanAbsoluteError: lossMetric('meanAbsoluteError'),
  meanAbsolutePercentageError: lossMetric('meanAbsolutePercentageError'),
  cosineProximity: lossMetric('cosineProximity'),
};

/** What is measured of which output; 'loss' is the output's own, of several. */
export interface OutputMetric {
  readonly metric: MetricName | 'loss' | 'own';
  /** From 0. */
  readonly output: number;
  /** Of an 'own' one, which the engine computes. */
  readonly function?: OwnFunction;
}

/** Those of the user's own, in their order. */
export const ownMetrics = (metrics: readonly OutputMetric[]): OwnMetric[] =>
  metrics.flatMap(({ function: own, output }) => (own === undefined ? [] : [{ function: own, output }]));

/** Whether an engine gives it. */
const isGiven = (metric: OutputMetric['metric']): metric is 'loss' | 'own' =>
  metric === 'loss' || metric === 'own';

/** Whether a metric of a set is something else than the mean of those of its batches. */
export const isOfBatch = ({ metric }: OutputMetric): boolean => !isGiven(metric) && metrics[metric].isOfBatch;

/** A metric of some examples, of their sums. */
export const metricOfSums = ({ metric }: OutputMetric, sums: readonly number[], examples: number): number =>
  isGiven(metric) ? sums[0] / examples : metrics[metric].value(sums, examples);

/** What of a batch says where its targets and predictions are. */
export type MeasuredBatch = Pick<
  ExampleBatch,
  'indicesOffset' | 'count' | 'targetsOffset' | 'targetType' | 'predictionsOffset'
>;

/**
 * Sums of each metric over examples [first, first + count) of a batch whose predictions are written.
 * @param sums what the engine gives of these examples
 */
export type Measure = (batch: MeasuredBatch, first: number, count: number, sums?: GivenSums) => number[][];

type GivenSums = Pick<ExampleSums, 'outputs' | 'own'>;

/** @param outputs of a prediction, one behind the other */
export function createMeasure(
  wanted: readonly OutputMetric[],
  outputs: readonly End[],
  buffer: ArrayBufferLike,
): Measure {
  const width = outputs.reduce((sum, { size }) => sum + size, 0);
  const measures = wanted.map(({ metric, output }) =>
    isGiven(metric) ? undefined : createOne(metric, outputs[output], width, buffer),
  );
  return (batch, first, count, sums = {}) => {
    let own = 0;
    const given = ({ metric, output }: OutputMetric) =>
      metric === 'own' ? sums.own?.[own++] : sums.outputs?.[output];
    return measures.map(
      (measure, place) => measure?.(batch, first, count) ?? [given(wanted[place]) ?? Number.NaN],
    );
  };
}

/** @param width values of all outputs */
function createOne(
  name: MetricName,
  end: End,
  width: number,
  buffer: ArrayBufferLike,
): (...call: Parameters<Measure>) => number[] {
  const { of, sums, isOfRows } = metrics[name];
  const rows = isOfRows ? end.rows : 1;
  const size = end.size / rows;
  const isSparse = name === 'sparseCategoricalAccuracy';
  return (batch, first, count) => {
    const indices = new Uint32Array(buffer, batch.indicesOffset, batch.count);
    const total = new Array<number>(sums).fill(0);
    for (let example = first; example < first + count; example++) {
      const ofExample = new Array<number>(sums).fill(0);
      for (let row = 0; row < rows; row++) {
        const at = example * width + end.offset + row * size;
        const prediction = new Float32Array(buffer, batch.predictionsOffset + at * 4, size);
        addTo(ofExample, of(prediction, targetOf(batch, indices[example], row)));
      }
      addTo(total, rows === 1 ? ofExample : ofExample.map((sum) => sum / rows));
    }
    return total;
  };

  function targetOf({ targetType, targetsOffset }: MeasuredBatch, example: number, row: number) {
    if (targetType === 'vector')
      return new Float32Array(buffer, targetsOffset + (example * width + end.offset + row * size) * 4, size);
    const label = new Uint32Array(buffer, targetsOffset + (example * rows + row) * 4, 1);
    return isSparse ? label : oneHot(label[0], size);
  }
}

function addTo(sums: number[], values: readonly number[]): void {
  for (const [index, value] of values.entries()) sums[index] += value;
}

const oneHot = (label: number, size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, value) => (value === label ? 1 : 0));
