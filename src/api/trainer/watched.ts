/** Who watches a training that its caller takes step by step. */
import type { TrainConfig } from '../../config/config.ts';
import { createStopwatch } from '../../coordinator/timing/stopwatch.ts';
import { messageOf } from '../../errors.ts';
import type {
  Measurement,
  OpenedTrainer,
  StepReport,
  TrainEvent,
  TrainerRequest,
  TrainerState,
} from '../../protocol/requests.ts';
import { parametersSha256 } from '../../run/hashes.ts';
import { type Observer, type ObserverEvent, observing } from '../observers.ts';

export interface Watched {
  /** What the training itself tells. */
  tell(event: TrainEvent): void;
  begin(opened: OpenedTrainer): void;
  /** Does a step. @param examples of its batch; default: of the data set's next one */
  step(work: () => Promise<StepReport>, examples?: number): Promise<StepReport>;
  evaluation(work: () => Promise<Measurement>): Promise<Measurement>;
  /** Goes on from a state. */
  load(state: Pick<TrainerState, 'step'>, work: () => Promise<void>): Promise<void>;
  /** Does what ends the training, and waits for the observers. */
  end(work: () => Promise<TrainerState>): Promise<void>;
}

type WatchedRequest = Pick<TrainerRequest, 'train' | 'stream'> & {
  readonly config: Pick<TrainConfig, 'batchSize'>;
};

/** @param notice is told in a line that an observer failed */
export function watchSteps(
  observers: readonly Observer[],
  { train, stream, config: { batchSize } }: WatchedRequest,
  notice: (text: string) => void,
): Watched {
  const { tell, settled } = observing<ObserverEvent>(observers, notice);
  const stopwatch = createStopwatch();
  const hasSet = stream === undefined;
  const examplesOf = (step: number) => {
    const first = ((step - 1) % Math.ceil(train.count / batchSize)) * batchSize;
    return Math.min(batchSize, train.count - first);
  };
  let trainLoss = Number.NaN;
  let done = 0;
  return {
    tell,
    begin: ({ stepsPerEpoch, engine, workers, facts }) =>
      tell({
        ...{ kind: 'start', fromStep: 0, steps: Number.POSITIVE_INFINITY, stepsPerEpoch },
        examples: hasSet ? train.count : Number.POSITIVE_INFINITY,
        ...{ workers, engine, ...facts },
      }),
    async step(work, examples) {
      stopwatch.start();
      const report = await work();
      stopwatch.stop(examples ?? examplesOf(report.step));
      [done, trainLoss] = [report.step, report.loss];
      tell({ kind: 'step', ...report, stepsPerSecond: stopwatch.lap() });
      return report;
    },
    async evaluation(work) {
      const measurement = await work();
      tell({ kind: 'evaluation', step: done, ...measurement });
      return measurement;
    },
    async load({ step }, work) {
      await work();
      done = step;
    },
    async end(work) {
      try {
        const { step: globalStep, skippedSteps, parameters } = await work();
        const result = {
          ...{ globalStep, trainLoss, skippedSteps, stopped: false },
          parametersSha256: observers.length === 0 ? '' : parametersSha256(parameters),
          examplesPerSecond: stopwatch.examplesPerSecond(),
        };
        tell({ kind: 'end', result });
      } catch (error) {
        tell({ kind: 'end', error: messageOf(error) });
        throw error;
      } finally {
        await settled();
      }
    },
  };
}
