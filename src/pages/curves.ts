/** The curves of a run, out of its metrics. */
import { type MetricsEvent, withoutAccuracy } from '../run/metrics.ts';
import { createDecimation, type Decimation } from './decimation.ts';
import type { Curve } from './page-data.ts';

export interface Curves {
  add(event: MetricsEvent): void;
  /** What was added is void. */
  clear(): void;
  curves(): Curve[];
  /** The last step that was heard of. */
  step(): number;
}

export interface CurveOptions {
  readonly batchSize: number;
  /** Where the events do not say it. */
  readonly learningRate?: number;
  /** How many ranges of steps a curve keeps the extremes of. */
  readonly buckets: number;
}

export function createCurves({ batchSize, learningRate, buckets }: CurveOptions): Curves {
  const found = new Map<
    string,
    { readonly chart: string; readonly part: Curve['part']; values: Decimation }
  >();
  let step = 0;
  const add = (chart: string, part: Curve['part'], at: number, value: number) => {
    const key = `${part} ${chart}`;
    const curve = found.get(key) ?? { chart, part, values: createDecimation(buckets) };
    found.set(key, curve);
    curve.values.add(at, value);
  };
  return {
    add(event) {
      step = Math.max(step, event.step);
      const part = event.kind === 'evaluation' ? 'test' : 'training';
      for (const [chart, value] of valuesOf(event, batchSize, learningRate))
        add(chart, part, event.step, value);
    },
    clear() {
      found.clear();
      step = 0;
    },
    curves: () =>
      [...found.values()].map(({ values, ...curve }) => ({ ...curve, ...rounded(values.points()) })),
    step: () => step,
  };
}

/** What an event says, by chart. */
function valuesOf(event: MetricsEvent, batchSize: number, learningRate?: number): [string, number][] {
  switch (event.kind) {
    case 'step':
      return [
        ['loss', event.loss],
        ...accuracyOf(event),
        ...Object.entries(withoutAccuracy(event)),
        ['throughput', event.steps_per_second * batchSize],
        ...rateOf(event, learningRate),
      ];
    case 'gan step':
      return [
        ...lossOf('discriminator', event.discriminatorLoss),
        ...lossOf('generator', event.generatorLoss),
        ['throughput', event.steps_per_second * batchSize],
        ...rateOf(event, learningRate),
      ];
    case 'evaluation':
      return [['loss', event.loss], ...accuracyOf(event), ...Object.entries(withoutAccuracy(event))];
    case 'skipped':
      return [[event.network === undefined ? 'loss' : `${event.network} loss`, Number.NaN]];
  }
}

/** A GAN's network has none where it made no update. */
const lossOf = (network: string, loss: number | undefined): [string, number][] =>
  loss === undefined ? [] : [[`${network} loss`, loss]];

const accuracyOf = ({ accuracy }: { readonly accuracy?: number }): [string, number][] =>
  accuracy === undefined ? [] : [['accuracy', accuracy]];

function rateOf(event: MetricsEvent, learningRate: number | undefined): [string, number][] {
  const own =
    'learning_rate' in event && event.learning_rate !== undefined ? event.learning_rate : learningRate;
  return own === undefined ? [] : [['learning rate', own]];
}

/** As many digits as can be seen. */
const rounded = <T extends { y: (number | null)[] }>(points: T): T => ({
  ...points,
  y: points.y.map((value) => (value === null ? null : Number(value.toPrecision(5)))),
});
