/** Learning rates as functions of the step alone, counted from 0 and from the end of the warm-up. */
import { cosinePi, power } from './portable-math.ts';
import type { ScheduleChoice, ScheduleName, ScheduleSettings } from './settings.ts';

/** @returns the rate of a step; undefined where the schedule leaves it as it is */
export type Rate = (step: number) => number | undefined;

type Schedules = {
  readonly [Name in ScheduleName]: (settings: ScheduleSettings<Name>, learningRate: number) => Rate;
};

/**
 * The rate of each step from 0: that of the schedule, after a linear warm-up which leads to where it begins.
 * @param learningRate the optimizer's: what a schedule begins with, and the highest one of `oneCycle`
 */
export function scheduleRate(settings: ScheduleSettings, learningRate: number): Rate {
  const { warmupSteps, warmupLearningRate } = settings;
  const rate = rateOf(settings.name, settings, learningRate);
  const peak = rate(0) ?? learningRate;
  return (step) =>
    step < warmupSteps
      ? warmupLearningRate + (peak - warmupLearningRate) * (step / warmupSteps)
      : rate(step - warmupSteps);
}

/** Whether a schedule says what the rate of each step is, so that nobody else may. */
export const isFollowed = ({ name, warmupSteps }: Pick<ScheduleChoice, 'name' | 'warmupSteps'>): boolean =>
  (name !== 'constant' && name !== 'reduceOnPlateau') || warmupSteps > 0;

/** After how many steps from 0 the rate changes no more, where the training is to end by then. */
export const endOf = (settings: ScheduleSettings): number | undefined =>
  settings.name === 'polynomial' || settings.name === 'cosine' || settings.name === 'oneCycle'
    ? settings.warmupSteps + settings.decaySteps
    : undefined;

const rateOf = <Name extends ScheduleName>(
  name: Name,
  settings: ScheduleSettings<Name>,
  learningRate: number,
): Rate => schedules[name](settings, learningRate);

/** Said once: what a callback or a plateau changes later stays. */
const kept =
  (_: object, learningRate: number): Rate =>
  (step) =>
    step === 0 ? learningRate : undefined;

const schedules: Schedules = {
  constant: kept,

  /** Source: Keras' ReduceLROnPlateau; what it does, the values of a metric decide. */
  reduceOnPlateau: kept,

  /** rate * decayRate^floor(step / decaySteps). Source: PyTorch's StepLR. */
  step:
    ({ decayRate, decaySteps }, learningRate) =>
    (step) =>
      learningRate * power(decayRate, Math.floor(step / decaySteps)),

  /** rate * decayRate^(milestones that are reached). Source: PyTorch's MultiStepLR. */
  multiStep:
    ({ decayRate, milestones }, learningRate) =>
    (step) =>
      learningRate * power(decayRate, milestones.filter((milestone) => milestone <= step).length),

  /** rate * decayRate^(step / decaySteps). Source: Keras' ExponentialDecay. */
  exponential:
    ({ decayRate, decaySteps }, learningRate) =>
    (step) =>
      learningRate * power(decayRate, step / decaySteps),

  /** end + (rate - end) * (1 - step / decaySteps)^power. Source: Keras' PolynomialDecay. */
  polynomial:
    ({ decaySteps, endLearningRate, power: exponent }, learningRate) =>
    (step) =>
      between(endLearningRate, learningRate, power(1 - Math.min(1, step / decaySteps), exponent)),

  /** end + (rate - end) * (1 + cos(pi * step / decaySteps)) / 2. Source: Keras' CosineDecay. */
  cosine:
    ({ decaySteps, endLearningRate }, learningRate) =>
    (step) =>
      between(endLearningRate, learningRate, halfCosine(step / decaySteps)),

  /**
   * A cosine again and again: period n from 0 has decaySteps * periodMultiplier^n steps, and begins
   * (rate - end) * peakMultiplier^n above the end. Source: Keras' CosineDecayRestarts (Loshchilov and Hutter 2017).
   */
  cosineRestarts:
    ({ decaySteps, endLearningRate, periodMultiplier, peakMultiplier }, learningRate) =>
    (step) => {
      const { period, progress } = periodAt(step / decaySteps, periodMultiplier);
      return between(endLearningRate, learningRate, power(peakMultiplier, period) * halfCosine(progress));
    },

  /**
   * By cosines from rate / divFactor up to the rate, in pctStart of the steps, and down to
   * rate / divFactor / finalDivFactor at the last of decaySteps. Source: PyTorch's OneCycleLR (Smith and Topin 2018).
   */
  oneCycle: ({ decaySteps, pctStart, divFactor, finalDivFactor }, learningRate) => {
    const first = learningRate / divFactor;
    const top = pctStart * decaySteps - 1;
    const last = decaySteps - 1;
    return (step) =>
      step < top
        ? between(learningRate, first, halfCosine(step / top))
        : between(
            first / finalDivFactor,
            learningRate,
            halfCosine(last > top ? (step - top) / (last - top) : 1),
          );
  },
};

/** @param share of the way from `low` to `high` */
const between = (low: number, high: number, share: number): number => low + (high - low) * share;

/** From 1 at 0 down to 0 at 1, where it stays. */
const halfCosine = (progress: number): number => (1 + cosinePi(Math.min(1, Math.max(0, progress)))) / 2;

/** @param done in lengths of the first period */
function periodAt(done: number, multiplier: number): { readonly period: number; readonly progress: number } {
  if (multiplier === 1) return { period: Math.floor(done), progress: done - Math.floor(done) };
  let [period, length, rest] = [0, 1, done];
  for (; rest >= length; period++) {
    rest -= length;
    length *= multiplier;
  }
  return { period, progress: rest / length };
}
