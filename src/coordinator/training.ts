/** What a training is made of, out of its request: its loss, metrics and examples, in one place for all that need them. */
import type { TrainConfig } from '../config/config.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ExampleSet } from '../data/example-set.ts';
import { launchOf } from '../exchange/launch.ts';
import type { ModelLoss } from '../loss/loss.ts';
import { lossOf } from '../loss/loss-of.ts';
import { withSmoothing } from '../loss/smoothing.ts';
import { trainedOutputs } from '../loss/trained-outputs.ts';
import { type MetricChoice, metricOf, type NamedMetric } from '../metric/metric-choices.ts';
import type { OutputMetric } from '../metric/metrics.ts';
import type { Network } from '../model/network.ts';
import type { FitPart } from '../protocol/fit.ts';
import type { Measurement, StepReport, TrainRequest } from '../protocol/requests.ts';
import type { RunIdentity } from '../run/identity.ts';
import { checkOutputs } from './examples/check-output.ts';
import { preparationOf } from './examples/preparation.ts';
import { examplesFor, isLabelled, targetTypeFor } from './examples/targets.ts';
import { planSession } from './planning/plan-session.ts';
import type { Session, SessionRequest } from './session.ts';
import type { StepMeans } from './step.ts';

/** What of a session its examples and their measures decide. */
export type MeasuredParts = Pick<SessionRequest, 'train' | 'test' | 'loss' | 'preparation'> & {
  readonly metrics: readonly OutputMetric[];
};

/** How what a session measures is told. */
export interface Naming {
  /** Values of a prediction. */
  readonly classes: number;
  /** Of a step's batch: the accuracy where it has labels, the metrics where any were asked for. */
  measures(means: StepMeans): Pick<StepReport, 'loss' | 'accuracy' | 'metrics'>;
  /** Of the test set. */
  measurement(means: StepMeans): Measurement;
}

export interface MeasureRequest {
  readonly network: Network;
  readonly loss: ModelLoss;
  /** What was asked for; those of a `fit` are named. */
  readonly metrics: readonly (MetricChoice | NamedMetric)[];
  readonly train?: Dataset | ExampleSet;
  readonly test?: Dataset | ExampleSet;
}

/** Examples with the targets that the loss takes, and what is measured of them. */
export function measuredParts(request: MeasureRequest): { parts: MeasuredParts; naming: Naming } {
  const { network, loss, train, test } = request;
  const given = test ?? train;
  checkOutputs(network, loss, given === undefined || isLabelled(given));
  const only = train === undefined ? 'the data set' : 'the test set';
  // Labels and names of metrics are for a single output: of several, a `fit` brings targets and metrics itself.
  const { name } = trainedOutputs(network, loss)[0].loss;
  const measured = { loss: name, targetType: targetTypeFor(name), width: network.classes };
  const named = request.metrics.map((metric) =>
    typeof metric === 'string' ? { label: metric, metric: metricOf(metric, measured), output: 0 } : metric,
  );
  // Engines count right classes themselves where classes are targets.
  const isCounted = measured.targetType === 'class';
  const extra =
    given !== undefined && isLabelled(given) && !isCounted
      ? [{ metric: metricOf('accuracy', measured), output: 0 }]
      : [];
  const metrics = [...named.map(({ label: _, ...metric }) => metric), ...extra];
  const parts = {
    ...(train === undefined ? {} : { train: examplesFor(name, train, network, 'the training set') }),
    ...(test === undefined ? {} : { test: examplesFor(name, test, network, only) }),
    loss,
    metrics,
  };
  const byName = (means: StepMeans) =>
    named.length === 0
      ? undefined
      : Object.fromEntries(named.map(({ label }, index) => [label, means.metrics[index]]));
  const accuracyOf = (data: Dataset | ExampleSet | undefined, means: StepMeans) => {
    if (data === undefined || !isLabelled(data)) return undefined;
    return isCounted ? means.correct : means.metrics[named.length];
  };
  const told = (means: StepMeans, data: Dataset | ExampleSet | undefined) => {
    const [accuracy, metrics] = [accuracyOf(data, means), byName(means)];
    return {
      ...(accuracy === undefined ? {} : { accuracy }),
      loss: means.loss,
      ...(metrics === undefined ? {} : { metrics }),
    };
  };
  return {
    parts,
    naming: {
      classes: network.classes,
      measures: (means) => told(means, train),
      measurement: (means) => told(means, given),
    },
  };
}

type TrainingParts = Pick<TrainRequest, 'train' | 'test' | 'config' | 'fit' | 'stream'> & {
  readonly network: Network;
};

/**
 * What is minimized.
 * @throws GradpoolError of kind 'usage' where labels are to be smoothed that cannot be
 */
export const lossOfTraining = ({
  config,
  fit,
}: Pick<TrainRequest, 'config'> & { readonly fit?: FitPart | undefined }): ModelLoss =>
  withSmoothing(fit?.loss ?? lossOf(config.loss), config.labelSmoothing);

/** Besides, what is made of the examples. @see measuredParts */
export function partsOfTraining({ network, train, test, config, fit, stream }: TrainingParts) {
  const { parts, naming } = measuredParts({
    ...{ network, train, loss: lossOfTraining({ config, fit }), metrics: fit?.metrics ?? config.metrics },
    ...(test === undefined ? {} : { test }),
  });
  const preparation = preparationOf(config.preparation, parts.train ?? train, network, stream !== undefined);
  return { parts: { ...parts, preparation }, naming };
}

/**
 * Refuses a training that does not fit into memory, before the values that it begins with are drawn.
 * @throws GradpoolError with the sizes
 */
export async function checkTrainingFits(request: {
  readonly network: Network;
  readonly train: Dataset;
  readonly test?: Dataset;
  readonly config: TrainConfig;
}): Promise<void> {
  const { network, config } = request;
  const { parts } = partsOfTraining(request);
  const launch = config.exchange === 'mpi' ? launchOf() : undefined;
  await planSession({
    ...{ network, ...parts, settings: config, optimizer: config.optimizer },
    exchange: launch ?? { rank: 0, ranks: 1 },
  });
}

/** What of a run's identity is made of its examples. */
export function preparationIn({ preparation }: Session): Pick<RunIdentity, 'preparation'> {
  if (preparation === undefined) return {};
  const { shape: _, ...made } = preparation;
  return { preparation: made };
}
