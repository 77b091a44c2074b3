import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainInThread } from '../../src/api/client.ts';
import { median } from '../../src/benchmark/statistics.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';

export interface Span {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly nonzero?: number };
}

export interface Profiled {
  /** Of the worker, in the steps that a profile keeps. */
  readonly spans: readonly Span[];
  /** Microseconds an example of all spans of a name, in a step that is neither fast nor slow: others may use the processor. */
  timeOf(name: string): number;
  /** The build of the kernels. */
  readonly kernels: string;
}

/** Trains with one worker, and says where the time of the last steps went. */
export async function profiledTraining(
  model: ModelSpec,
  train: Dataset,
  options: TrainOptions,
): Promise<Profiled> {
  const directory = await mkdtemp(join(tmpdir(), 'gradpool-kernels-'));
  const profile = join(directory, 'profile.json');
  const config = resolveConfig({ ...options, workers: 1 });
  let kernels = '';
  try {
    await trainInThread(
      { model, train, config, resume: false, reportProbabilities: false, profile },
      {
        onEvent(event) {
          if (event.kind === 'start') kernels = event.kernels;
        },
      },
    );
    const { traceEvents } = JSON.parse(await readFile(profile, 'utf8')) as { traceEvents: Span[] };
    const spans = traceEvents.filter(({ ph, tid }) => ph === 'X' && tid > 0);
    return { spans, kernels, timeOf: (name) => medianStep(spans, name) / config.batchSize };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Microseconds of a step. Spans of a worker come in order; a step ends with its update. */
function medianStep(spans: readonly Span[], name: string): number {
  const steps = [0];
  for (const { name: other, dur } of spans) {
    if (other === name) steps[steps.length - 1] += dur;
    if (other === 'update') steps.push(0);
  }
  return median(steps.slice(0, -1));
}

/** The names that fit. */
export function slowestFirst({ spans, timeOf }: Profiled, pattern: RegExp): string[] {
  const names = new Set(spans.map(({ name }) => name).filter((name) => pattern.test(name)));
  return [...names].toSorted((a, b) => timeOf(b) - timeOf(a));
}

/** Above this share products are computed as if nothing were zero (engine/wasm/dense/zeros.ts). */
const mostSkipped = 0.75;

/**
 * Which share of a pass's products is computed: that of values that are not zero, where they are listed and few enough.
 * The lists for a weight gradient are made in the layer's backward pass.
 */
export function computedShare({ spans }: Profiled, pass: string): number {
  const isGradient = pass.endsWith(' weight gradient and update');
  const inside = isGradient ? pass.replace(/ weight gradient and update$/, ' backward') : pass;
  const lists = isGradient ? 'listByColumn' : 'listByRow';
  const shares = spans
    .filter(({ name }) => name === inside)
    .flatMap(({ ts, dur }) =>
      spans.filter(({ name, ts: from }) => name === lists && from >= ts && from < ts + dur),
    )
    .map(({ args }) => args?.nonzero ?? 1);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return shares.length === 0 || mean > mostSkipped ? 1 : mean;
}
