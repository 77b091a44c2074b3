/** What watches a training: event in, nothing back. The loop waits for each of them, in their order. */
import type { TrainConfig } from '../config/config.ts';
import { optionsOfOptimizer } from '../config/optimizer-options.ts';
import type { TensorboardExtra } from '../config/train-options.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ExampleSet } from '../data/example-set.ts';
import { bytesOf } from '../formats/picture.ts';
import type { SummaryValue } from '../formats/tensorboard/messages.ts';
import {
  graphValue,
  histogramValue,
  hyperparametersValue,
  imageValue,
} from '../formats/tensorboard/summaries.ts';
import type { Parameter } from '../model/layer-base.ts';
import type { FitAnswer, FitEvent, FitNews } from '../protocol/fit.ts';
import type { Measurement, TrainEvent, TrainRequest } from '../protocol/requests.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { type Batch, isDue } from './batches/schedule.ts';
import { worstMistakes } from './examples/mistakes.ts';
import { isLabelled } from './examples/targets.ts';
import type { Recorder } from './recorder.ts';
import type { Session } from './session.ts';
import type { Stopwatch } from './timing/stopwatch.ts';
import type { DoneStep, Trainer } from './trainer.ts';

/** What happens in the loop. Notices and what becomes of workers do not wait for it. */
export type LoopEvent =
  | { readonly kind: 'epoch begins'; readonly epoch: number }
  | { readonly kind: 'batch begins'; readonly batch: Batch }
  | ({ readonly kind: 'step' } & DoneStep)
  /** The next step was left out, which is `step`. */
  | { readonly kind: 'skipped'; readonly step: number; readonly epoch: number; readonly reason: string }
  | { readonly kind: 'evaluation'; readonly step: number; readonly measurement: Measurement }
  | {
      readonly kind: 'epoch ends';
      readonly epoch: number;
      /** Of the epoch's batches: the loss, then each metric. */
      readonly means: readonly number[];
      readonly validation?: Measurement;
    };

export type Observer = (event: LoopEvent) => void | Promise<void>;

export interface Reporting {
  readonly config: Pick<TrainConfig, 'logEvery' | 'shards'>;
  readonly trainer: Trainer;
  readonly recorder: Recorder;
  readonly stopwatch: Stopwatch;
  readonly reportProbabilities: boolean;
  readonly onEvent: (event: TrainEvent) => void;
}

/**
 * Tells the caller and the run's metrics. After each step: a report where one is due, else a sign of life. Records
 * first: a resumed run keeps those up to its checkpoint.
 */
export function reporter(reporting: Reporting): Observer {
  const { trainer, recorder, stopwatch, onEvent } = reporting;
  return async (event) => {
    switch (event.kind) {
      case 'step':
        return reportStep(reporting, event);
      case 'skipped': {
        const { kind, step, epoch, reason } = event;
        await recorder.record({ kind, step, epoch, reason });
        return onEvent({ kind, step, reason });
      }
      case 'evaluation': {
        const told = { kind: 'evaluation', step: event.step, ...event.measurement } as const;
        await recorder.record(told);
        return onEvent(told);
      }
    }
  };

  async function reportStep(
    { config, reportProbabilities }: Reporting,
    { step, learningRate, batch, means }: DoneStep,
  ): Promise<void> {
    // As TensorFlow's tutorial: steps 1, 101, 201, ... and the last one.
    const due = isDue(config.logEvery, step - 1) || step === trainer.batches.steps;
    const measured = trainer.naming.measures(means);
    if (!due) {
      const { metrics: _, ...few } = measured;
      return onEvent({ kind: 'progress', step, ...few });
    }
    const event = { kind: 'step', step, epoch: batch.epoch, ...measured } as const;
    const stepsPerSecond = stopwatch.lap();
    await recorder.record({ ...event, learning_rate: learningRate, steps_per_second: stepsPerSecond });
    const probabilities = reportProbabilities ? await batchProbabilities(trainer, config, batch.count) : {};
    onEvent({ ...event, stepsPerSecond, ...probabilities });
  }
}

/** What the step's forward pass gave to its batch, of all ranks. */
async function batchProbabilities(
  { session, naming }: Trainer,
  { shards }: Pick<TrainConfig, 'shards'>,
  examples: number,
) {
  const { share, exchange, layout } = session;
  const { classes } = naming;
  const own = cutIntoShards(examples, shards).slice(share.first, share.first + share.count);
  const count = own.reduce((all, shard) => all + shard.count, 0);
  const parts = await exchange.gather(
    'the probabilities of a batch',
    session.floats(layout.train.predictions, count * classes).slice(),
  );
  const probabilities = Float32Array.from(parts.flatMap((part) => [...part]));
  return { probabilities, classes };
}

export type Summarizing = Pick<Reporting, 'trainer' | 'recorder'> & {
  readonly request: Pick<TrainRequest, 'config' | 'model' | 'test'>;
};

/** What was asked for besides scalars, in the run's event files. */
export function summarist({ request, trainer, recorder }: Summarizing): Observer {
  const { config, model, test } = request;
  const has = (extra: TensorboardExtra) => config.tensorboard.includes(extra);
  const { session } = trainer;
  let isBegun = recorder.resumed !== undefined;
  return async (event) => {
    if (config.tensorboard.length === 0) return;
    // A part of it comes from each rank, of which one has the run.
    const isAsked = recorder.path !== undefined || session.exchange.ranks > 1;
    const isGradientDue = isAsked && event.kind === 'evaluation' && has('histograms');
    const gradient = isGradientDue ? await trainer.gradient() : undefined;
    if (recorder.path === undefined) return;
    if (!isBegun) {
      isBegun = true;
      const values = [
        ...(has('hyperparameters') ? [hyperparametersValue(plainSettings(config), recorder.path)] : []),
        ...(has('graph') ? [graphValue(model.topology)] : []),
      ];
      await recorder.summarize(0, values);
    }
    if (event.kind !== 'evaluation') return;
    const parameters = has('histograms') ? await trainer.parameters() : undefined;
    const { network } = model;
    const trained = network.parameters.filter(({ untrained }) => untrained === undefined);
    const histograms = [
      ...histogramsOf('parameters', network.parameters, parameters),
      ...histogramsOf('gradients', trained, gradient),
    ];
    const images = has('images') && test !== undefined ? await mistakeImages(session, test) : [];
    await recorder.summarize(event.step, [...histograms, ...images]);
  };
}

const histogramsOf = (
  what: string,
  parameters: readonly Parameter[],
  values: Float32Array | undefined,
): SummaryValue[] =>
  values === undefined
    ? []
    : parameters.map(({ name, offset, size }) =>
        histogramValue(`${what}/${name}`, values.subarray(offset, offset + size)),
      );

/** Settings that are one value. */
const plainSettings = ({ optimizer, ...config }: TrainConfig): Record<string, Plain> => {
  const all: Record<string, unknown> = { ...config, ...optionsOfOptimizer(optimizer) };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, Plain] => isPlain(entry[1])),
  );
};

const isPlain = (value: unknown): boolean => ['number', 'string', 'boolean'].includes(typeof value);

type Plain = number | string | boolean;

const mostImages = 8;

/** Of a test set of labelled images; of others none. */
async function mistakeImages(
  { layout, floats, outputs }: Session,
  test: Dataset | ExampleSet,
): Promise<SummaryValue[]> {
  const [height, width, channels = 1] = test.shape;
  if (!isLabelled(test) || test.shape.length < 2 || test.shape.length > 3 || outputs < 2) return [];
  if (channels !== 1 && channels !== 3) return [];
  const { predictions, count } = layout.test;
  const size = height * width * channels;
  const worst = worstMistakes(floats(predictions, count * outputs), test.labels, outputs, mostImages);
  const images = worst.map(({ example, label, predicted }, place) => {
    const values = test.inputs.subarray(example * size, (example + 1) * size);
    const bytes = values instanceof Uint8Array ? values : bytesOf(Float32Array.from(values));
    return imageValue(
      `mistakes/${place} is ${label} taken for ${predicted}`,
      [height, width, channels],
      bytes,
    );
  });
  return Promise.all(images);
}

export interface Callbacks {
  readonly observe: Observer;
  /** Tells of a resumed training, before its first step. */
  resume(): Promise<void>;
  /** Whether a callback said so. */
  readonly stopped: () => boolean;
}

export interface CallbacksRequest {
  readonly trainer: Trainer;
  /** That the model's optimizer has. */
  readonly learningRate: number;
  /** Whether the training waits for the answers to the events of batches. */
  readonly waitForBatches: boolean;
  /** Whether the end of an epoch comes with the parameters. */
  readonly epochParameters: boolean;
  readonly ask: Ask;
}

/** @returns what the caller says to an event */
export type Ask = (event: FitEvent) => FitAnswer | Promise<FitAnswer>;

/** The callbacks of a `fit`: the only watchers that may answer, with the end of the training and a learning rate. */
export function callbacks(request: CallbacksRequest): Callbacks {
  const { trainer, waitForBatches, epochParameters, ask } = request;
  const { session } = trainer;
  let stopped = false;
  let { learningRate: answered } = request;
  const asking = (news: FitNews) => {
    const { learningRate } = session;
    return ask(learningRate === answered ? news : { ...news, learningRate });
  };
  const hear = ({ stop }: FitAnswer) => {
    stopped ||= stop;
  };
  const tell = async (news: FitNews) => {
    const answer = await asking(news);
    hear(answer);
    answered = answer.learningRate;
    session.learningRate = answered;
  };
  return {
    stopped: () => stopped,
    resume: () => tell({ kind: 'resumed' }),
    async observe(event) {
      switch (event.kind) {
        case 'epoch begins':
          return tell({ kind: 'epochBegin', epoch: event.epoch });
        case 'batch begins':
          return waitForBatches
            ? tell({ kind: 'batchBegin', batch: event.batch.index, size: event.batch.count })
            : undefined;
        case 'step': {
          const { batch, means } = event;
          const told = {
            kind: 'batchEnd',
            batch: batch.index,
            size: batch.count,
            means: asList(means),
          } as const;
          if (waitForBatches) return tell(told);
          // An answer that is not waited for may stop the training, but nothing of it reaches a step's result.
          void Promise.resolve(asking(told)).then(hear);
          return;
        }
        case 'epoch ends': {
          const { epoch, means, validation } = event;
          return tell({
            ...{ kind: 'epochEnd', epoch, means },
            ...(validation === undefined ? {} : { validation: asMeans(validation) }),
            ...(epochParameters ? { parameters: await session.read(session.layout.parameters) } : {}),
          });
        }
      }
    },
  };
}

const asList = ({ loss, metrics }: DoneStep['means']): number[] => [loss, ...metrics];

const asMeans = ({ loss, metrics = {} }: Measurement): number[] => [loss, ...Object.values(metrics)];
