import { resolve } from 'node:path';
import { type Coordinator, coordinatorAhead, trainInThread } from '../api/client.ts';
import { checkStreamed, feedOf } from '../api/streamed-set.ts';
import { resolveConfig, type TrainConfig } from '../config/config.ts';
import { limits, type TrainOptions } from '../config/train-options.ts';
import { partition, wholeHashes } from '../data/sources/partition.ts';
import { GradpoolError, inputError, messageOf, usageError } from '../errors.ts';
import { type Exchange, fromRank0 } from '../exchange/exchange.ts';
import type { RunOrigin, TrainEvent, TrainRequest } from '../protocol/requests.ts';
import { parametersSha256 } from '../run/hashes.ts';
import { findRunRecord } from '../run/run-config.ts';
import { checkIsRun, defaultRuns, latestRunDirectory } from '../run/run-directory.ts';
import { tryTraining } from './dry-run.ts';
import {
  type DataChoice,
  dataChoice,
  type KnownRun,
  loadData,
  loadDataOf,
  type NamedData,
  originOfData,
} from './load/data.ts';
import { layersPath, loadNewModel, type NamedModel } from './load/inputs.ts';
import { loadObservers } from './load/observers.ts';
import { openStreamedData } from './load/streamed-data.ts';
import { openTrainingPage } from './pages/training-page.ts';
import { checkTelling, jsonReporter, quietReporter } from './plain-reports.ts';
import { absolute, observerWords, optionWords, ownCommand, quoted } from './print/command-line.ts';
import { notice } from './print/output.ts';
import { during } from './print/progress.ts';
import { silenceStatusLine } from './print/status-line.ts';
import { dataOfRanks } from './ranks/rank-data.ts';
import { openRanks } from './ranks/ranks.ts';
import { createReporter } from './report.ts';
import { loadRunModel, readRunSettings, withoutSettings } from './resume.ts';
import { leaveOnSignals, stopOnSignals } from './stop.ts';

export interface TrainCommandOptions extends TrainOptions, DataChoice {
  readonly model?: string;
  readonly dataFrom?: string;
  readonly stream?: boolean;
  readonly layers?: string;
  readonly run?: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly allowArithmeticChange?: boolean;
  readonly logProbabilities?: boolean;
  readonly profile?: string;
  readonly classReport?: boolean;
  readonly observer?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly serve?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly verbose?: boolean;
}

/** @returns the exit code */
export async function trainCommand(options: TrainCommandOptions): Promise<number> {
  const stop = stopOnSignals();
  const { verbose = false, json = false, quiet = false, dryRun = false } = options;
  checkTelling(options);
  if (quiet) silenceStatusLine();
  const ranks = await openRanks({ ...options, stop: stop.signal });
  // Rank 0 has the run.
  const page = await ranks.prepare(() =>
    openTrainingPage(ranks.exchange.rank === 0 && !dryRun ? options : {}),
  );
  const together = { ...options, exchange: ranks.name };
  const ahead: Ahead = {};
  // A model's module may never come to an end: it is not waited for.
  const prepared = await unlessStopped(
    stop.signal,
    ranks.prepare(() => prepare(together, ranks.exchange, ahead)),
  );
  if (prepared === undefined || stop.signal.aborted) {
    await ahead.coordinator?.close();
    notice(`stopped before the training began; begin it with: ${await beginning(options)}`);
    process.exit(stop.exitCode());
  }
  const { request, data, model, observers, feed } = prepared;
  const { config } = request;
  if (dryRun) {
    const training = { config, data, model };
    await tryTraining({ request, stop: stop.signal, json, quiet, training, ...feed });
    await ranks.leave();
    return stop.exitCode();
  }
  const resume = [...resumeWords(options), ...observerWords(options)];
  const report = json
    ? jsonReporter()
    : quiet
      ? quietReporter()
      : createReporter({ config, data, model, verbose, resume });
  const onEvent = (event: TrainEvent) => {
    page?.hear(event);
    report.onEvent(event);
  };
  const heard = ranks.exchange.rank === 0 ? observers : [];
  const hooks = { onEvent, signal: stop.signal, observers: heard, coordinator: ahead.coordinator, ...feed };
  report.end(await trainInThread(request, hooks));
  await ranks.leave();
  await page?.stay(stop.signal, leaveOnSignals);
  return stop.exitCode();
}

/** Threads that load while the data and the model are read. */
interface Ahead {
  coordinator?: Coordinator;
}

/** Reads all that the training needs, while its threads load. */
async function prepare(typed: TrainCommandOptions, ranks: Exchange, ahead: Ahead) {
  const { resume, dryRun, observer = [] } = typed;
  const given = givenIn(typed);
  // Before any file is read: what the command line alone shows to be wrong. The batch of a resumed run is not known yet.
  const { options } = given;
  const config = resolveConfig(resume ? { batchSize: limits.batchSize, ...knownBefore(options) } : options);
  const observers = await loadObservers(observer);
  // How many workers a resumed run has is not known yet.
  if (!dryRun && !resume && config.engine !== 'tensorflow' && config.exchange === 'local')
    ahead.coordinator = coordinatorAhead(config);
  try {
    return { ...(await readAll(typed, given, ranks)), observers };
  } catch (error) {
    await ahead.coordinator?.close();
    throw error;
  }
}

/** Which data, and the training's options. */
function givenIn(typed: TrainCommandOptions) {
  const { model, dataFrom, stream, layers, run, resume, dryRun, profile, observer, ...given } = typed;
  const { choice, others: options } = dataChoice(given);
  return { choice, options };
}

async function readAll(
  typed: TrainCommandOptions,
  { choice, options }: ReturnType<typeof givenIn>,
  ranks: Exchange,
) {
  const { dataFrom, layers, run, resume = false, dryRun, profile } = typed;
  // Only rank 0 needs to have the run that goes on.
  const found = resume
    ? await fromRank0(ranks, 'the run that goes on', async () => {
        const known = await resumedRun(run, dryRun);
        return { known, settings: await readRunSettings(known.path, options) };
      })
    : undefined;
  const { known, settings } = found ?? {};
  const config = resolveConfig({ ...settings, ...options });
  const isStreamed = checkedStream(typed, known, config);
  const streamed = isStreamed
    ? await during('listing the data', () => openStreamedData(choice, known, config, typed.stream ?? false))
    : undefined;
  const data =
    streamed ??
    (await during('reading the data', () =>
      dataOfRanks(ranks, dataFrom, () =>
        known === undefined ? loadData(choice) : loadDataOf(known, choice),
      ),
    ));
  const layersModule = layersPath(layers) ?? known?.origin.layers;
  const load = () => during('loading the model', () => modelOf(typed, known, data, config, layersModule));
  const model = known === undefined ? await load() : await fromRank0(ranks, 'the model', load);
  const { topology, network, parameters } = model;
  const { train, test } = streamed ?? partition(data, config);
  const request: TrainRequest = {
    model: { topology, network, parameters },
    ...{ train, test, config },
    run: known?.path ?? run ?? { under: defaultRuns },
    resume,
    origin: {
      ...originOf(typed, data, network.opaque?.layersModule ?? layersModule),
      ...(streamed === undefined ? wholeHashes(data, config) : {}),
    },
    ...(streamed === undefined ? {} : { stream: streamed.stream }),
    allowArithmeticChange: typed.allowArithmeticChange ?? false,
    reportProbabilities: typed.logProbabilities ?? false,
    confusion: typed.classReport ?? false,
    wantsParameters: false,
    ...(profile === undefined ? {} : { profile }),
  };
  const feed = streamed && { feed: feedOf(streamed.opened, network, config) };
  return { request, data: { ...data, train, test }, model, feed };
}

/**
 * @returns whether the data are read as they are trained on
 * @throws GradpoolError of kind 'usage' for what goes with such data not
 */
function checkedStream(
  { stream = false, dataFrom, classReport }: TrainCommandOptions,
  known: KnownRun | undefined,
  config: TrainConfig,
): boolean {
  if (stream && known !== undefined && known.origin.isStreamed === undefined)
    throw usageError(
      `Expected no \`stream\` for the run at ${known.path}, which was begun without, got one; leave it out, or begin a new run without \`resume\``,
    );
  if (!stream && known?.origin.isStreamed === undefined) return false;
  checkStreamed(config, { classReport });
  if (dataFrom === 'rank0')
    throw usageError('Expected `dataFrom` to be own for data that stream, which each rank reads, got rank0');
  return true;
}

/** Of a resumed run's options: without those of an optimizer or schedule, unless that is named. */
const knownBefore = (options: TrainOptions): TrainOptions =>
  withoutSettings(options, (owner) => options[owner] === undefined);

/** @throws GradpoolError of kind 'usage' when a dry run finds none: nothing has failed then */
async function resumedRun(run: string | undefined, dryRun = false): Promise<KnownRun> {
  try {
    return await knownRun(run ?? (await latestRunDirectory()));
  } catch (error) {
    throw dryRun ? new GradpoolError(messageOf(error), { kind: 'usage', cause: error }) : error;
  }
}

async function knownRun(path: string): Promise<KnownRun> {
  await checkIsRun(path);
  const record = await findRunRecord(path);
  return { origin: record?.origin ?? {}, dataSha256: record?.identity.dataSha256 ?? '', path };
}

/** The model that is named; of a resumed run its newest checkpoint, and before the first one what it was begun with. */
async function modelOf(
  { model: file, seed }: TrainCommandOptions,
  known: KnownRun | undefined,
  data: NamedData,
  config: TrainConfig,
  layersModule?: string,
): Promise<NamedModel> {
  if (known === undefined || file !== undefined) return loadNewModel(file, data, config, layersModule);
  const trained = await loadRunModel(known.path, layersModule);
  if (trained !== undefined) return trained;
  const { model, initialSha256 } = known.origin;
  const begun = await loadNewModel(model === ownModel ? undefined : model, data, config, layersModule);
  // Another seed is refused by its name.
  const isSame = initialSha256 === undefined || initialSha256 === parametersSha256(begun.parameters);
  if (isSame || seed !== undefined) return begun;
  throw inputError(
    model === undefined
      ? `Expected \`model\` to name the model of the run at ${known.path}, which does not know where it lies`
      : `${begun.name} is another model now than when the run at ${known.path} was begun with it; put it back, or begin a new run without \`resume\``,
  );
}

/** How a run's record names the tutorial's network. */
const ownModel = 'mnistCnn';

function originOf({ model, resume }: TrainCommandOptions, data: NamedData, layers?: string): RunOrigin {
  const named = model !== undefined ? { model: resolve(model) } : resume ? {} : { model: ownModel };
  return { ...originOfData(data), ...named, ...(layers === undefined ? {} : { layers: resolve(layers) }) };
}

/** What a run does not remember: it may be another one on another machine. */
function resumeWords(options: TrainCommandOptions): string[] {
  const { workers, simd, maxRestarts, stepTimeout, onSaveError, allowArithmeticChange } = options;
  return optionWords({ workers, simd, maxRestarts, stepTimeout, onSaveError, allowArithmeticChange });
}

/** The command that was typed, for any directory. */
async function beginning({
  model,
  data,
  layers,
  run,
  profile,
  observer,
  ...options
}: TrainCommandOptions): Promise<string> {
  const named = run ?? (options.resume ? await latestRunDirectory() : undefined);
  const paths = Object.entries({ model, data, layers, run: named, profile }).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, absolute(path)] as const],
  );
  const words = [
    ...optionWords({ ...Object.fromEntries(paths), ...options }),
    ...observerWords({ observer }),
  ];
  const command = [ownCommand(), 'train', ...words].join(' ');
  // A new run's directory is numbered under the working directory.
  return named === undefined ? `(cd ${quoted(absolute('.'))} && ${command})` : command;
}

/** @returns undefined when it was stopped first; the work is then left to itself */
async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([work, stopped]);
}
