/**
 * A learning-rate range test: losses by a rate that grows from step to step, and the rate at which they fall most.
 * Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017; its smoothing, end and suggestion are those
 * of fastai's and PyTorch Lightning's lr_find.
 */

export interface RangePoint {
  /** From 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Of the step's batch, before its update. */
  readonly loss: number;
  /** The mean of the losses so far, the weight of each a little less than that of the next. */
  readonly smoothed: number;
}

export interface RangeTest {
  /** Those up to the divergence. */
  readonly points: readonly RangePoint[];
  /** The step at which the loss was far above its least, or not finite. */
  readonly divergedAt?: number;
}

const smoothing = 0.98;
/** How far above its least a smoothed loss may be. */
const divergence = 4;
/** What the suggestion leaves out: smoothing has hardly begun with the first ones, and the last one may have diverged. */
const [skippedFirst, skippedLast] = [10, 1];
/** From which on there is a slope between points that count. */
export const leastSteps = skippedFirst + skippedLast + 2;

export interface RangeRecorder {
  /** @returns whether the test is over, since the loss diverges */
  add(step: number, learningRate: number, loss: number): boolean;
  taken(): RangeTest;
}

/** Takes the losses of the steps in their order. What comes behind the divergence is passed over. */
export function recordRange(): RangeRecorder {
  const points: RangePoint[] = [];
  let divergedAt: number | undefined;
  let [sum, weight, least] = [0, 0, Number.POSITIVE_INFINITY];
  return {
    add(step, learningRate, loss) {
      if (divergedAt !== undefined) return true;
      sum = smoothing * sum + (1 - smoothing) * loss;
      weight = smoothing * weight + (1 - smoothing);
      const smoothed = sum / weight;
      const counts = Number.isFinite(smoothed);
      if (counts) points.push({ step, learningRate, loss, smoothed });
      least = Math.min(least, counts ? smoothed : least);
      if (!counts || smoothed > divergence * least) divergedAt = step;
      return divergedAt !== undefined;
    },
    taken: () => ({ points, ...(divergedAt === undefined ? {} : { divergedAt }) }),
  };
}

/** @returns the point at which the smoothed loss falls most from step to step; undefined where it falls nowhere */
export function steepest(points: readonly RangePoint[]): RangePoint | undefined {
  const counted = points.slice(skippedFirst, points.length - skippedLast);
  let found: RangePoint | undefined;
  let most = 0;
  for (const [index, point] of counted.entries()) {
    const before = counted[Math.max(0, index - 1)];
    const behind = counted[Math.min(counted.length - 1, index + 1)];
    const slope = (behind.smoothed - before.smoothed) / (behind.step - before.step);
    if (slope < most) [found, most] = [point, slope];
  }
  return found;
}
