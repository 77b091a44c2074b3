import type { Evaluation, TrainEvent, TrainRequest } from '../protocol.ts';
import { evaluateUnless } from './evaluate.ts';
import type { Recorder } from './recorder.ts';
import { type Batch, isDue, type Schedule } from './schedule.ts';
import type { Session } from './session.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What a training tells, to the caller and to the run's metrics. */
export interface Report {
  /** After each step: a record where one is due, else a sign of life. */
  step(step: number, batch: Batch, loss: number): Promise<void>;
  /** In the place of `step` where the step was left out. */
  skipped(step: number, batch: Batch, reason: string): Promise<void>;
  /**
   * Evaluates on the test set, where there is one, unless that was done at this step.
   * @returns false when that was stopped
   */
  evaluation(step: number): Promise<boolean>;
  /** The evaluation of this step, where there was one. */
  evaluated(step: number): Evaluation | undefined;
}

export interface ReportContext {
  readonly request: TrainRequest;
  readonly session: Session;
  readonly schedule: Schedule;
  readonly recorder: Recorder;
  readonly stopwatch: Stopwatch;
  readonly onEvent: (event: TrainEvent) => void;
  readonly stopped: () => boolean;
}

export function createReport(context: ReportContext): Report {
  const { request, session, schedule, recorder, stopwatch, onEvent, stopped } = context;
  let evaluated: Evaluation | undefined;
  let evaluatedStep = -1;
  return {
    async step(step, { epoch, count }, loss) {
      // As TensorFlow's tutorial: steps 1, 101, 201, ... and the last one.
      const due = isDue(request.config.logEvery, step - 1) || step === schedule.steps;
      if (!due) return onEvent({ kind: 'progress', step, loss });
      const event = { kind: 'step', step, epoch, loss } as const;
      const stepsPerSecond = stopwatch.lap();
      await recorder.record({ ...event, steps_per_second: stepsPerSecond });
      const probabilities = request.reportProbabilities ? batchProbabilities(context, count) : {};
      onEvent({ ...event, stepsPerSecond, ...probabilities });
    },
    async skipped(step, { epoch }, reason) {
      await recorder.record({ kind: 'skipped', step, epoch, reason });
      onEvent({ kind: 'skipped', step, reason });
    },
    async evaluation(step) {
      if (request.test === undefined || evaluatedStep === step) return true;
      const evaluation = await evaluateUnless(stopped, session);
      if (evaluation === undefined) return false;
      evaluated = evaluation;
      evaluatedStep = step;
      const event = { kind: 'evaluation', step, ...evaluation } as const;
      await recorder.record(event);
      onEvent(event);
      return true;
    },
    evaluated: (step) => (evaluatedStep === step ? evaluated : undefined),
  };
}

/** What the step's forward pass gave to its batch. */
function batchProbabilities({ request, session }: ReportContext, count: number) {
  const { classes } = request.model.network;
  const probabilities = session.floats(session.layout.train.predictions, count * classes).slice();
  return { probabilities, classes };
}
