/** What a training watches on its way: a metric, by which it ends early, lowers its rate and keeps checkpoints. */
import type { TrainConfig } from '../../config/config.ts';
import { isMonitored } from '../../config/course-options.ts';
import { inputError, usageError } from '../../errors.ts';
import { isMoreBetter } from '../../metric/metric-choices.ts';
import type { MonitorState } from '../../run/manifest.ts';
import { counted } from '../../shown.ts';

/** What follows of a value. */
export interface Verdict {
  /** The best so far, by `minDelta`: its parameters are those to restore. */
  readonly isBest: boolean;
  /** Among the best `keepBest`. */
  readonly isKept: boolean;
  /** Of the next step, where it changes. */
  readonly learningRate?: number;
  /** In words, for whoever is told. */
  readonly news: readonly string[];
}

export interface Monitor {
  /** @param values by their names, of whatever was measured after `step` */
  hear(step: number, values: Readonly<Record<string, number>>, learningRate: number): Verdict | undefined;
  /** Whether the training is to end. */
  isOver(): boolean;
  /** For whoever goes on with it; undefined where nothing goes by it. */
  state(): MonitorState | undefined;
}

type Watched = Pick<TrainConfig, 'monitor' | 'mode' | 'minDelta' | 'patience' | 'keepBest' | 'schedule'>;

/**
 * A function of the values in their order, and of nothing else.
 * @param names of the values that the training measures
 * @param from what an earlier part of the training has come to
 * @throws GradpoolError where it does not measure the metric, or has watched another one
 */
export function createMonitor(config: Watched, names: readonly string[], from?: MonitorState): Monitor {
  const { monitor, patience, keepBest, schedule } = config;
  const plateau = schedule.name === 'reduceOnPlateau' ? schedule : undefined;
  if (!isMonitored(config)) return unused;
  if (!names.includes(monitor))
    throw usageError(
      `Expected \`monitor\` to be among what the training measures, ${names.join(', ')}, got ${monitor}; ask for others by \`metrics\``,
    );
  if (from !== undefined && from.monitor !== monitor)
    throw inputError(
      `Expected \`monitor\` to be ${from.monitor} as in the run before, got ${monitor}; resume with the same, or begin a new run without \`resume\``,
    );
  const isMore = config.mode === 'auto' ? isMoreBetter(monitor.replace(/^val_/, '')) : config.mode === 'max';
  const isBetter = (value: number, than: number, by = 0) => (isMore ? value - by > than : value + by < than);
  let state: MonitorState = from ?? { monitor, waited: 0, plateau: 0, cooldown: 0, kept: [] };
  return {
    hear(step, values, learningRate) {
      const value = values[monitor];
      if (value === undefined) return undefined;
      const isBest = state.best === undefined || isBetter(value, state.best.value, config.minDelta);
      const kept = [...state.kept, { step, value }]
        .toSorted((a, b) =>
          isBetter(a.value, b.value) ? -1 : isBetter(b.value, a.value) ? 1 : a.step - b.step,
        )
        .slice(0, keepBest);
      state = {
        ...{ ...state, kept },
        ...(isBest ? { best: { step, value } } : {}),
        waited: isBest ? 0 : state.waited + 1,
      };
      const after = plateau && afterPlateau(plateau, state, { step, isBest, learningRate });
      if (after !== undefined) state = { ...state, plateau: after.plateau, cooldown: after.cooldown };
      const rate = after?.learningRate;
      return {
        ...{ isBest, isKept: kept.some((one) => one.step === step) },
        ...(rate === undefined ? {} : { learningRate: rate }),
        news: [
          ...(rate === undefined
            ? []
            : [
                `after step ${step} the learning rate is ${Number(rate.toPrecision(6))}: ${noBetter(plateau?.plateauPatience)}`,
              ]),
          ...(state.waited === patience
            ? [`the training ends early after step ${step}: ${noBetter(patience)}`]
            : []),
        ],
      };
    },
    isOver: () => patience !== undefined && state.waited >= patience,
    state: () => state,
  };

  function noBetter(times = 0): string {
    const { best } = state;
    return `${monitor} was no better than ${best?.value} (step ${best?.step}) ${counted(times, 'time')}`;
  }
}

/** As Keras' ReduceLROnPlateau, after the warm-up. @returns what is to be remembered, and the next rate where it changes */
function afterPlateau(
  { plateauPatience, decayRate, endLearningRate, cooldown, warmupSteps }: Plateau,
  before: Pick<MonitorState, 'plateau' | 'cooldown'>,
  now: { readonly step: number; readonly isBest: boolean; readonly learningRate: number },
): Pick<MonitorState, 'plateau' | 'cooldown'> & { readonly learningRate?: number } {
  if (now.step < warmupSteps) return before;
  const left = Math.max(0, before.cooldown - 1);
  const waited = now.isBest || left > 0 ? 0 : (before.cooldown > 0 ? 0 : before.plateau) + 1;
  if (waited < plateauPatience || now.learningRate <= endLearningRate)
    return { plateau: waited, cooldown: left };
  const learningRate = Math.max(now.learningRate * decayRate, endLearningRate);
  return { plateau: 0, cooldown, learningRate };
}

type Plateau = Extract<TrainConfig['schedule'], { readonly name: 'reduceOnPlateau' }>;

const unused: Monitor = {
  hear: () => undefined,
  isOver: () => false,
  state: () => undefined,
};
