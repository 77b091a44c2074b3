import { resolve } from 'node:path';
import { limits, resolveConfig, type TrainConfig, type TrainOptions } from '../config.ts';
import { trainInThread } from '../coordinator/client.ts';
import { parametersSha256 } from '../coordinator/parameters-sha256.ts';
import { checkIsRun, defaultRuns, latestRunDirectory, readRunRecord } from '../coordinator/run-directory.ts';
import { inputError } from '../errors.ts';
import type { RunOrigin, TrainRequest } from '../protocol.ts';
import { absolute, optionWords, ownCommand, quoted } from './command-line.ts';
import { type KnownRun, loadData, loadOwn, type NamedData, originOfData } from './data.ts';
import { layersPath, loadNewModel, type NamedModel } from './inputs.ts';
import { notice } from './output.ts';
import { createReporter } from './report.ts';
import { loadRunModel, readRunSettings } from './resume.ts';
import { stopOnSignals } from './stop.ts';

export interface TrainCommandOptions extends TrainOptions {
  readonly model?: string;
  readonly data?: string;
  readonly layers?: string;
  readonly run?: string;
  readonly resume?: boolean;
  readonly allowArithmeticChange?: boolean;
  readonly logProbabilities?: boolean;
  readonly profile?: string;
  readonly verbose?: boolean;
}

/** @returns the exit code */
export async function trainCommand(options: TrainCommandOptions): Promise<number> {
  const stop = stopOnSignals();
  // A model's module may never come to an end: it is not waited for.
  const prepared = await unlessStopped(stop.signal, prepare(options));
  if (prepared === undefined || stop.signal.aborted) {
    notice(`stopped before the training began; begin it with: ${await beginning(options)}`);
    process.exit(stop.exitCode());
  }
  const { request, data, model } = prepared;
  const { config } = request;
  const { verbose = false } = options;
  const report = createReporter({ config, data, model, verbose, resume: resumeWords(options) });
  report.end(await trainInThread(request, { onEvent: report.onEvent, signal: stop.signal }));
  return stop.exitCode();
}

/** Reads all that the training needs. */
async function prepare(typed: TrainCommandOptions) {
  const { model: file, data: directory, layers, run, resume = false, profile, ...options } = typed;
  // Before any file is read: what the command line alone shows to be wrong. The batch of a resumed run is not known yet.
  resolveConfig(resume ? { batchSize: limits.batchSize, ...options } : options);
  const known = resume ? await knownRun(run ?? (await latestRunDirectory())) : undefined;
  const config = resolveConfig(known === undefined ? options : await readRunSettings(known.path, options));
  const data =
    known === undefined || directory !== undefined ? await loadData(directory) : await loadOwn(known);
  const layersModule = layersPath(layers) ?? known?.origin.layers;
  const model = await modelOf(typed, known, data, config, layersModule);
  const { topology, network, parameters } = model;
  const request: TrainRequest = {
    model: { topology, network, parameters },
    train: data.train,
    test: data.test,
    config,
    run: known?.path ?? run ?? { under: defaultRuns },
    resume,
    origin: originOf(typed, data, network.opaque?.layersModule ?? layersModule),
    allowArithmeticChange: typed.allowArithmeticChange ?? false,
    reportProbabilities: typed.logProbabilities ?? false,
    ...(profile === undefined ? {} : { profile }),
  };
  return { request, data, model };
}

async function knownRun(path: string): Promise<KnownRun> {
  await checkIsRun(path);
  return { origin: {}, dataSha256: '', ...(await readRunRecord(path)), path };
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
  ...options
}: TrainCommandOptions): Promise<string> {
  const named = run ?? (options.resume ? await latestRunDirectory() : undefined);
  const paths = Object.entries({ model, data, layers, run: named, profile }).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, absolute(path)] as const],
  );
  const words = optionWords({ ...Object.fromEntries(paths), ...options });
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
