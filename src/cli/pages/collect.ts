/** A run as a page shows it, and what the model of its newest checkpoint says of its test set. */
import { join } from 'node:path';
import { predictInThread } from '../../api/client.ts';
import { resolveConfig } from '../../config/config.ts';
import { messageOf } from '../../errors.ts';
import { type Curves, createCurves } from '../../pages/curves.ts';
import { evaluationData } from '../../pages/evaluation-data.ts';
import type { EvaluationData, Missing, ModelData, RunData } from '../../pages/page-data.ts';
import {
  type Fields,
  flatFields,
  isTrainingNow,
  readModelData,
  readRunFields,
  readTimeline,
} from '../../pages/read-run.ts';
import { readSample } from '../../pages/sample-data.ts';
import { createTraceReader } from '../../pages/trace-lanes.ts';
import { listCheckpoints } from '../../run/checkpoint.ts';
import type { OpenedModel } from '../../run/checkpoint-read.ts';
import { isRecord } from '../../run/fields.ts';
import { followMetrics } from '../../run/read/read-metrics.ts';
import { findRunRecord } from '../../run/run-config.ts';
import { type DataChoice, dataChoice } from '../load/data.ts';
import { loadCheckpoint } from '../load/loaders.ts';
import { loadTestOf } from '../load/streamed-data.ts';
import { reproductionOf } from './reproduction.ts';

export interface Viewing {
  readonly run: string;
  /** How many ranges of steps a curve keeps the extremes of. */
  readonly buckets: number;
  /** The address at which the page finds a file of the run. */
  addressOf(path: string): string;
}

/** What is asked of the model, apart from the rest: it takes its time. */
export type Evaluate = (model: OpenedModel) => Promise<EvaluationData | Missing>;

/** A run that is looked at again and again: what has not changed is not read again. */
export interface RunView {
  /** @throws GradpoolError where there is no run that can be read; what it lacks else is said in its place */
  read(evaluate: Evaluate): Promise<RunData>;
  /** The newest checkpoint's model. */
  model(): Promise<OpenedModel | Missing>;
}

export function openRunView({ run, buckets, addressOf }: Viewing): RunView {
  const metrics = followMetrics(run);
  const readTrace = createTraceReader();
  let curves: Curves | undefined;
  let last:
    | {
        readonly path: string | undefined;
        readonly opened: OpenedModel | Missing;
        data?: ModelData | Missing;
      }
    | undefined;
  const newest = async (fields: Fields, isTraining: boolean) => {
    const directory = modelDirectory(run, fields);
    const [path] = await listCheckpoints(directory).catch(() => []);
    if (last === undefined || last.path !== path || 'missing' in last.opened)
      last = { path, opened: await openModel(directory, fields, isTraining) };
    return last;
  };
  return {
    async model() {
      return (await newest(await readRunFields(run), await isTrainingNow(run))).opened;
    },
    async read(evaluate) {
      const fields = await readRunFields(run);
      const notes: string[] = [];
      const isTraining = await isTrainingNow(run);
      curves ??= createCurves({ ...curveOptions(fields), buckets });
      await metrics
        .read({ anew: curves.clear, event: curves.add })
        .catch((error: unknown) => void notes.push(messageOf(error)));
      if (metrics.unreadable() > 0)
        notes.push(`Of metrics.jsonl ${metrics.unreadable()} lines could not be read; the curves lack them.`);
      const timeline = await readTimeline(run, isTraining, addressOf, readTrace).catch((error: unknown) => {
        notes.push(messageOf(error));
        return { sessions: [] };
      });
      const found = await newest(fields, isTraining);
      const { opened } = found;
      if (!('missing' in opened))
        notes.push(
          ...opened.passedOver.map(({ path, reason }) => `The checkpoint ${path} was passed over: ${reason}`),
        );
      found.data ??= 'missing' in opened ? opened : await modelOf(opened);
      const model = found.data;
      const evaluation = 'missing' in opened ? opened : await evaluationOf(opened, evaluate);
      const steps = stepsOf(fields);
      const sample = await readSample(run).catch((error: unknown) => void notes.push(messageOf(error)));
      return {
        name: run,
        progress: {
          step: Math.max(curves.step(), 'missing' in model ? 0 : model.step),
          ...(steps === undefined ? {} : { steps }),
        },
        ...{ isTraining, curves: curves.curves(), timeline, config: flatFields(fields) },
        reproduction: await reproductionOf(run, fields, 'missing' in model ? undefined : model),
        ...{ model, evaluation, notes, ...(sample ? { sample } : {}) },
      };
    },
  };
}

function curveOptions(fields: Fields) {
  const { batchSize, optimizer, learningRate } = fields;
  const rate = isRecord(optimizer) ? optimizer.learningRate : learningRate;
  return {
    batchSize: typeof batchSize === 'number' ? batchSize : 1,
    ...(typeof rate === 'number' ? { learningRate: rate } : {}),
  };
}

const stepsOf = ({ steps }: Fields): number | undefined => (typeof steps === 'number' ? steps : undefined);

/** A GAN's generator is what it is about. */
const modelDirectory = (run: string, { kind }: Fields): string =>
  kind === 'gan' ? join(run, 'generator') : run;

async function openModel(
  directory: string,
  { origin }: Fields,
  isTraining: boolean,
): Promise<OpenedModel | Missing> {
  try {
    const layers = isRecord(origin) && typeof origin.layers === 'string' ? origin.layers : undefined;
    return await loadCheckpoint(directory, layers);
  } catch (error) {
    const hint = isTraining ? ' The first one comes while it is trained.' : '';
    return { missing: `There is no checkpoint to look into: ${messageOf(error)}.${hint}` };
  }
}

const modelOf = (opened: OpenedModel): Promise<ModelData | Missing> =>
  readModelData(opened.path, opened.model).catch((error: unknown) => ({ missing: messageOf(error) }));

/** What it comes to, or why to nothing. */
export const evaluationOf = (opened: OpenedModel, evaluate: Evaluate): Promise<EvaluationData | Missing> =>
  evaluate(opened).catch((error: unknown) => ({
    missing: `The test set was not classified: ${messageOf(error)}.`,
  }));

export interface EvaluationOptions extends DataChoice {
  readonly workers?: number | undefined;
}

/** Classifies the test set that the run was trained with, or another one. */
export function evaluator(run: string, { workers: wanted, ...named }: EvaluationOptions): Evaluate {
  return async ({ model, manifest }) => {
    const record = await findRunRecord(run);
    if (record === undefined || manifest === undefined)
      return { missing: 'It is no classifier’s run: there is no test set to classify.' };
    const { loss, preparation } = manifest;
    if (!('name' in loss))
      return { missing: 'A model with several outputs has no one class for each example.' };
    const { test } = await loadTestOf(
      { path: run, origin: record.origin, dataSha256: record.identity.dataSha256 },
      dataChoice(named).choice,
    );
    const { workers, simd } = resolveConfig(wanted === undefined ? {} : { workers: wanted });
    const prediction = await predictInThread({
      ...{ model, data: test, workers, simd, engine: 'auto', loss },
      normalization: preparation?.normalization,
    });
    const data = evaluationData(manifest.step, test, prediction, model.network.classes);
    // What the model says are the classes of its own data.
    const { classNames = test.classNames } = record.origin;
    return classNames === undefined ? data : { ...data, classNames };
  };
}
