/** The learning rate in the course of a training: its schedule, and how long that is. */
import { usageError } from '../../errors.ts';
import { endOf, type Rate, scheduleRate } from '../../optimizer/schedules/schedules.ts';
import type { DecayingName, ScheduleChoice, ScheduleSettings } from '../../optimizer/schedules/settings.ts';
import type { TrainerRequest } from '../../protocol/requests.ts';
import { counted } from '../../shown.ts';
import { examplesOfEpoch, scheduleOf } from '../batches/schedule.ts';

/** In steps of the schedule, which begins with epoch 0: the epochs before a `fit`'s first one count. */
interface Length {
  /** Those before the training's first step. */
  readonly before: number;
  /** With those of the training; infinite where nobody knows. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of each step. */
export interface LearningRates {
  /** Everything that was left to the length of the training filled in. */
  readonly settings: ScheduleSettings;
  /** @returns that of the step after so many of this training; undefined where it stays as it is */
  after(done: number): ReturnType<Rate>;
}

type Scheduled = Pick<TrainerRequest, 'train' | 'config' | 'fit' | 'stream'>;

/** @throws GradpoolError of kind 'usage' where schedule and training are not of one length */
export function learningRates(request: Scheduled): LearningRates {
  const length = lengthOf(request);
  const { schedule, optimizer } = request.config;
  checkWarmup(schedule, length);
  const settings = withLength(schedule, length);
  checkEnd(settings, length);
  const rate = scheduleRate(settings, optimizer.learningRate);
  return { settings, after: (done) => rate(length.before + done) };
}

function lengthOf(request: Scheduled): Length {
  const { config, fit, stream } = request;
  const { initialEpoch = 0 } = fit ?? {};
  if (stream === undefined || stream.set !== undefined) {
    const { steps, stepsPerEpoch } = scheduleOf(examplesOfEpoch(request), config, initialEpoch);
    const before = initialEpoch * stepsPerEpoch;
    return { before, steps: before + steps, stepsPerEpoch };
  }
  const { batchesPerEpoch } = stream;
  if (batchesPerEpoch === undefined) return { before: 0, steps: unknown, stepsPerEpoch: unknown };
  return {
    before: initialEpoch * batchesPerEpoch,
    steps: config.epochs * batchesPerEpoch,
    stepsPerEpoch: batchesPerEpoch,
  };
}

const unknown = Number.POSITIVE_INFINITY;

/** What `decaySteps` are where nothing is said. */
const defaultSteps: { readonly [Name in DecayingName]: (length: Length, warmupSteps: number) => number } = {
  step: ({ steps }, warmupSteps) => Math.ceil((steps - warmupSteps) / 3),
  exponential: ({ stepsPerEpoch }) => stepsPerEpoch,
  polynomial: ({ steps }, warmupSteps) => steps - warmupSteps,
  cosine: ({ steps }, warmupSteps) => steps - warmupSteps,
  cosineRestarts: ({ stepsPerEpoch }) => stepsPerEpoch,
  oneCycle: ({ steps }, warmupSteps) => steps - warmupSteps,
};

function withLength(schedule: ScheduleChoice, length: Length): ScheduleSettings {
  if (!isDecaying(schedule)) return schedule;
  const decaySteps = schedule.decaySteps ?? defaultSteps[schedule.name](length, schedule.warmupSteps);
  if (Number.isFinite(decaySteps)) return { ...schedule, decaySteps } as ScheduleSettings;
  throw usageError(
    `Expected \`decaySteps\` to be given with the schedule ${schedule.name} for a training whose length is not known before, got none`,
  );
}

type Decaying = Extract<ScheduleChoice, { readonly name: DecayingName }>;

const isDecaying = (schedule: ScheduleChoice): schedule is Decaying =>
  Object.hasOwn(defaultSteps, schedule.name);

function checkWarmup(schedule: ScheduleChoice, { steps }: Length): void {
  const { warmupSteps } = schedule;
  const fits = (most: number, what: string) => {
    if (warmupSteps > most) throw usageError(`Expected \`warmupSteps\` to be ${what}, got ${warmupSteps}`);
  };
  if (warmupSteps > 0) fits(steps - 1, `less than the training's ${counted(steps, 'step')}`);
  if (isDecaying(schedule) && schedule.decaySteps !== undefined)
    fits(schedule.decaySteps, `at most the schedule's ${counted(schedule.decaySteps, 'step')}`);
}

function checkEnd(settings: ScheduleSettings, { steps }: Length): void {
  const end = endOf(settings) ?? unknown;
  if (end >= steps || steps === unknown) return;
  const warmup = settings.warmupSteps === 0 ? '' : ' with its warm-up';
  throw usageError(
    `Expected the schedule ${settings.name} to last for the training's ${counted(steps, 'step')}, got one that ends after ${end}${warmup}; choose larger \`decaySteps\` or a shorter training; a run that is resumed keeps its schedule, and a longer one is a new training from its model`,
  );
}
