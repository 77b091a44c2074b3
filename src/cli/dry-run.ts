/** A training that is not made: what it would be, and how long it would take. */
import { trainInThread } from '../api/client.ts';
import { median } from '../benchmark/statistics.ts';
import type { TrainConfig } from '../config/config.ts';
import type { TrainEvent, TrainRequest } from '../protocol/requests.ts';
import type { Feed } from '../protocol/stream.ts';
import { counted } from '../shown.ts';
import { jsonReporter, quietReporter } from './plain-reports.ts';
import { duration } from './print/duration.ts';
import { notice, print } from './print/output.ts';
import { memoryWords, printHeader, type Start, type Training } from './report.ts';

export interface DryRun {
  readonly request: TrainRequest;
  readonly training: Pick<Training, 'config' | 'data' | 'model'>;
  readonly stop: AbortSignal;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Where the data stream. */
  readonly feed?: Feed;
}

/**
 * Opens the training, makes a few of its steps and an evaluation, and prints what it is and an estimate of its time.
 * Nothing is written.
 */
export async function tryTraining(trying: DryRun): Promise<void> {
  const { request, training, stop, json, quiet, feed } = trying;
  const trial = createTrial();
  const { profile: _, ...rest } = request;
  const told = json ? jsonReporter() : quietReporter();
  await trainInThread(
    { ...rest, dryRun: true, config: trialConfig(request.config) },
    {
      signal: AbortSignal.any([stop, trial.signal]),
      ...(feed === undefined ? {} : { feed }),
      onEvent(event) {
        trial.hear(event);
        if (event.kind === 'notice' || event.kind === 'worker') told.onEvent(event);
        if (event.kind !== 'start') return;
        if (json) told.onEvent(event);
        else if (!quiet) printTraining(training, event);
      },
    },
  );
  const estimate = trial.estimate(request.config);
  if (estimate === undefined) return notice('stopped before its time was known');
  if (json) return print(JSON.stringify({ kind: 'estimate', ...estimate }));
  const { steps, secondsPerStep, evaluations, secondsPerEvaluation, seconds } = estimate;
  print(
    `${'estimate'.padEnd(10)}${duration(seconds)}: ${counted(steps, 'step')} of ${milliseconds(secondsPerStep)}, ${counted(evaluations, 'evaluation')} of ${milliseconds(secondsPerEvaluation)}`,
  );
}

function printTraining(training: DryRun['training'], event: Start): void {
  printHeader({ ...training, verbose: false }, event);
  print(`${'memory'.padEnd(10)}${memoryWords(event.sharedMemoryBytes)}`);
}

const trialSteps = 3;

/** Reports each step, evaluates after some, and watches nothing else. */
const trialConfig = (config: TrainConfig): TrainConfig => ({
  ...{ ...config, logEvery: 1, evalEvery: trialSteps, evalEveryEpochs: 0, saveEvery: 0 },
});

interface Estimate {
  /** That are left. */
  readonly steps: number;
  readonly secondsPerStep: number;
  readonly evaluations: number;
  readonly secondsPerEvaluation: number;
  readonly seconds: number;
}

interface Trial {
  /** Aborted when enough was measured. */
  readonly signal: AbortSignal;
  hear(event: TrainEvent): void;
  /** Undefined where it was stopped before. */
  estimate(config: TrainConfig): Estimate | undefined;
}

function createTrial(): Trial {
  const enough = new AbortController();
  const steps: number[] = [];
  const evaluations: number[] = [];
  let start: Start | undefined;
  let last = performance.now();
  return {
    signal: enough.signal,
    hear(event) {
      if (event.kind === 'start') start = event;
      const measured = event.kind === 'step' ? steps : event.kind === 'evaluation' ? evaluations : undefined;
      if (measured === undefined && event.kind !== 'start') return;
      const now = performance.now();
      measured?.push((now - last) / 1000);
      last = now;
      if (event.kind === 'evaluation' && steps.length >= trialSteps) enough.abort();
    },
    estimate(config) {
      if (start === undefined) return undefined;
      const left = Math.max(0, start.steps - start.fromStep);
      if (left > 0 && evaluations.length === 0) return undefined;
      const due = evaluationsDue(config, left, start.stepsPerEpoch);
      // The first step also sets up the workers.
      const secondsPerStep = left === 0 ? 0 : median(steps.length > 1 ? steps.slice(1) : steps);
      const secondsPerEvaluation = evaluations.length === 0 ? 0 : median(evaluations);
      return {
        ...{ steps: left, secondsPerStep, evaluations: due, secondsPerEvaluation },
        seconds: left * secondsPerStep + due * secondsPerEvaluation,
      };
    },
  };
}

/** With the last one. */
function evaluationsDue(
  { evalEvery, evalEveryEpochs }: TrainConfig,
  steps: number,
  stepsPerEpoch: number,
): number {
  const within = (every: number) => (every > 0 ? Math.floor(Math.max(0, steps - 1) / every) : 0);
  return 1 + within(evalEvery) + within(evalEveryEpochs * stepsPerEpoch);
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toPrecision(3)} ms`;
