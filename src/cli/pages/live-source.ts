/** What the live page of a run is given. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../../files/open-file.ts';
import type { EvaluationData, Missing } from '../../pages/page-data.ts';
import { isImage } from '../../pages/pictures.ts';
import { findProfile, isTrainingNow } from '../../pages/read-run.ts';
import { listCheckpoints } from '../../run/checkpoint.ts';
import type { OpenedModel } from '../../run/checkpoint-read.ts';
import { findRunRecord } from '../../run/run-config.ts';
import { readSessions } from '../../run/sessions/read-sessions.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import type { Source } from '../../serve/server.ts';
import { chooseEngine } from '../../worker/engines/choose-engine.ts';
import { type Evaluate, type EvaluationOptions, evaluationOf, evaluator, openRunView } from './collect.ts';

/** Of a page that asks again and again. */
const buckets = 1000;
const mostProfileBytes = 2 ** 28;

export function liveSource(run: string, options: EvaluationOptions): Source {
  const view = openRunView({ run, buckets, addressOf: () => 'profile' });
  const { evaluate, evaluated } = inBackground(run, evaluator(run, options));
  return {
    async page() {
      return { version: packageVersion, runs: [await view.read(evaluate)] };
    },
    async model() {
      const opened = await view.model();
      if ('missing' in opened) return opened;
      return servedModel(opened, (await findRunRecord(run))?.origin.classNames);
    },
    async profile() {
      const profile = await findProfile(run, await readSessions(run));
      return profile?.isInRun ? await readBoundedFile(profile.path, mostProfileBytes) : undefined;
    },
    async version() {
      const files = ['config.json', 'metrics.jsonl', 'sessions.jsonl', 'gradpool.lock'];
      const stats = files.map((name) => stat(join(run, name)).catch(() => undefined));
      const [newest = ''] = await listCheckpoints(run).catch(() => []);
      const texts = (await Promise.all(stats)).map((found) => `${found?.size} ${found?.mtimeMs}`);
      return [...texts, newest, evaluated()].join('\n');
    },
  };
}

/**
 * The test set is classified while no training needs the cores, and nobody waits for it.
 * @returns with how many evaluations have ended
 */
function inBackground(run: string, evaluate: Evaluate) {
  let ended = 0;
  let last: { readonly path: string; result?: EvaluationData | Missing } | undefined;
  const begin = (opened: OpenedModel) => {
    const own: NonNullable<typeof last> = { path: opened.path };
    last = own;
    evaluationOf(opened, evaluate).then((result) => {
      own.result = result;
      ended++;
    });
  };
  return {
    evaluated: () => ended,
    async evaluate(opened: OpenedModel): Promise<EvaluationData | Missing> {
      if (last?.path === opened.path && last.result !== undefined) return last.result;
      if (await isTrainingNow(run))
        return {
          missing: 'The test set is classified when the training has ended: it needs every core now.',
        };
      if (last?.path !== opened.path) begin(opened);
      return { missing: 'The test set is being classified.' };
    },
  };
}

/** What a browser needs to compute it, or why it cannot. */
function servedModel({ model, manifest }: OpenedModel, classNames?: readonly string[]) {
  const { network, parameters } = model;
  if (manifest === undefined) return { missing: 'It is no checkpoint of a run.' };
  const { loss, step, preparation } = manifest;
  if (!('name' in loss) || network.inputs !== undefined)
    return { missing: 'The model has several inputs or outputs.' };
  if (!isImage(network.input))
    return { missing: `The model takes no images, but [${network.input.join(', ')}].` };
  const { engine, reason } = chooseEngine('auto', network);
  if (engine !== 'wasm') return { missing: `The page cannot compute the model: ${reason}.` };
  const { normalization } = preparation ?? {};
  return { step, model: { network, loss, normalization, classNames }, parameters };
}
