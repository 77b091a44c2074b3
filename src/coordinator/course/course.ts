/** What becomes of the values that a training measures on its way: when it ends, with which rate it goes on, and what is best. */

import type { Measurement, TrainRequest } from '../../protocol/requests.ts';
import type { MonitoredValue, MonitorState } from '../../run/manifest.ts';
import { isLabelled } from '../examples/targets.ts';
import { createMonitor, type Monitor } from './monitor.ts';

export interface Course {
  /**
   * Hears an evaluation.
   * @returns whether a checkpoint of now is to stay
   */
  evaluated(measurement: Measurement): Promise<boolean>;
  /** The same of a whole epoch. @param means the loss, then each metric */
  epochEnded(means: readonly number[]): Promise<boolean>;
  /** Whether the training ends early. */
  isOver(): boolean;
  monitored(): MonitorState | undefined;
  /** Whose parameters the model has at the end, where that is to be the best value's. */
  best(): MonitoredValue | undefined;
  /** Takes the parameters of the best value, where that is to be. @returns whether they are others than those of now */
  restore(): Promise<boolean>;
}

/** What of a trainer it needs. */
interface Trained {
  readonly done: number;
  readonly session: { learningRate: number; notice(text: string): void };
  parameters(): Promise<Float32Array>;
  takeParameters(values: Float32Array): Promise<void>;
}

type Described = Pick<TrainRequest, 'config' | 'fit' | 'test'>;

const labelsOf = ({ config, fit }: Described): readonly string[] =>
  fit?.metrics.map(({ label }) => label) ?? config.metrics;

/**
 * A monitor of what the training measures.
 * @throws GradpoolError as `createMonitor` does
 */
export function monitorOf(request: Described, from?: MonitorState): Monitor {
  const { config, test } = request;
  const labels = labelsOf(request);
  const accuracy = test !== undefined && isLabelled(test) ? ['accuracy'] : [];
  const evaluations = test === undefined ? [] : ['loss', ...accuracy, ...labels].map((name) => `val_${name}`);
  return createMonitor(config, [...new Set(['loss', ...labels, ...evaluations])], from);
}

/** @param from where an earlier part of the training has come to */
export function createCourse(
  request: Described,
  trainer: Trained,
  from: { readonly monitored?: MonitorState; readonly best?: Float32Array } | undefined,
): Course {
  const { config } = request;
  const labels = labelsOf(request);
  const monitor = monitorOf(request, from?.monitored);
  const restores = config.patience !== undefined;
  let best = from?.best;
  const hear = async (values: Readonly<Record<string, number>>): Promise<boolean> => {
    const { session, done } = trainer;
    const verdict = monitor.hear(done, values, session.learningRate);
    if (verdict === undefined) return false;
    if (restores && verdict.isBest) best = await trainer.parameters();
    if (verdict.learningRate !== undefined) session.learningRate = verdict.learningRate;
    for (const text of verdict.news) session.notice(text);
    return verdict.isKept || (restores && verdict.isBest);
  };
  return {
    evaluated: ({ loss, accuracy, metrics = {} }) =>
      hear(prefixed({ loss, ...(accuracy === undefined ? {} : { accuracy }), ...metrics })),
    epochEnded: (means) =>
      hear(Object.fromEntries(['loss', ...labels].map((name, index) => [name, means[index]]))),
    isOver: monitor.isOver,
    monitored() {
      const state = monitor.state();
      return state && { ...state, ...(restores ? { restores } : {}) };
    },
    best: () => (restores ? monitor.state()?.best : undefined),
    async restore() {
      const state = monitor.state();
      if (best === undefined || state?.best === undefined || state.best.step === trainer.done) return false;
      trainer.session.notice(
        `the parameters are those of step ${state.best.step}, where ${config.monitor} was best: ${state.best.value}`,
      );
      await trainer.takeParameters(best);
      return true;
    },
  };
}

const prefixed = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`val_${name}`, value]));
