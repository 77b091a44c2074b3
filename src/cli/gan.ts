import { join, resolve } from 'node:path';
import { anyOf, listenWith } from '../api/callbacks.ts';
import { trainGanInThread } from '../api/client.ts';
import { describeGan, type GanOptions } from '../api/gan.ts';
import type { GanObserver, GanObserverEvent } from '../api/observers.ts';
import {
  type GanConfig,
  type GanTraining,
  ownGanOptions,
  resolveGanConfig,
  updatesOfGan,
} from '../config/gan-options.ts';
import { trainOptions } from '../config/train-options.ts';
import { optionsOfUpdate } from '../config/update-options.ts';
import { areDataOptions } from '../data/data-options.ts';
import { mnistOrigin } from '../data/mnist.ts';
import { inputError, usageError } from '../errors.ts';
import { type Exchange, fromRank0 } from '../exchange/exchange.ts';
import { type GanPreset, ganPresets } from '../model/gan/preset-names.ts';
import { type GanSpecs, ganPresetSpecs, ganPresetTraining } from '../model/gan/presets.ts';
import type { UpdateSettings } from '../optimizer/update-settings.ts';
import { type GanEvent, type GanOrigin, type GanRequest, type GanResult, isSample } from '../protocol/gan.ts';
import { listCheckpoints } from '../run/checkpoint.ts';
import { type GanRecord, latestGanRun, type Player, readGanRecord } from '../run/gan-run.ts';
import { defaultRuns } from '../run/run-directory.ts';
import { alternatives, asCode } from '../shown.ts';
import { createDisplay, type Shown } from './album/display.ts';
import { exhibit, keepSamples } from './album/exhibit.ts';
import { type DataChoice, dataChoice, loadData, type NamedData, originOfData } from './load/data.ts';
import { loadCheckpoint, loadNew } from './load/loaders.ts';
import { loadObservers } from './load/observers.ts';
import { checkTelling, jsonGanReporter, quietGanReporter } from './plain-reports.ts';
import { absolute, observerWords, optionWords, ownCommand, quoted } from './print/command-line.ts';
import { notice } from './print/output.ts';
import { during } from './print/progress.ts';
import { silenceStatusLine } from './print/status-line.ts';
import { dataOfRanks } from './ranks/rank-data.ts';
import { openRanks } from './ranks/ranks.ts';
import { workerNews } from './report.ts';
import { stopOnSignals } from './stop.ts';

export interface GanCommandOptions
  extends Omit<GanOptions, 'run' | 'resume' | 'profile' | 'signal' | 'onEvent' | 'observers'>,
    DataChoice {
  readonly preset?: string;
  readonly generator?: string;
  readonly discriminator?: string;
  readonly dataFrom?: string;
  readonly run?: string;
  readonly resume?: boolean;
  readonly profile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly observer?: readonly string[];
  readonly verbose?: boolean;
}

/** @returns the exit code */
export async function ganCommand(options: GanCommandOptions): Promise<number> {
  const stop = stopOnSignals();
  const { json = false, quiet = false } = options;
  checkTelling(options);
  if (quiet) silenceStatusLine();
  const ranks = await openRanks({ ...options, stop: stop.signal });
  const { observers, ...shown } = await ranks.prepare(() =>
    prepare({ ...options, exchange: ranks.name }, ranks.exchange),
  );
  const report = json
    ? jsonGanReporter()
    : quiet
      ? quietGanReporter()
      : createDisplay(shown, (event) => notice(workerNews(event)));
  const keep = keepSamples(shown);
  const listener = listenWith<GanEvent>((event) => {
    report.onEvent(event);
    return keep(event);
  }, isSample);
  const ending = anyOf(listener.failed, stop.signal);
  const isTold = ranks.exchange.rank === 0;
  const hooks = { onEvent: listener.tell, observers: isTold ? observers : [], signal: ending.signal };
  const result = await listener.outcome(trainGanInThread(shown.request, hooks));
  report.end(result);
  await ranks.leave();
  const say = json || quiet ? () => {} : notice;
  if (result.stopped) suggestResume(result, options, say);
  if (result.run !== undefined) await exhibit(result.run, shown, result, say);
  return stop.exitCode();
}

async function prepare(
  typed: GanCommandOptions,
  ranks: Exchange,
): Promise<Shown & { readonly observers: readonly GanObserver[] }> {
  const { dataFrom, run, resume = false, ...named } = typed;
  const { choice, others: given } = dataChoice(named);
  const { verbose: _, json: _json, quiet: _quiet, observer = [], ...trained } = given;
  const { allowArithmeticChange = false, profile, ...options } = trained;
  // Before any file is read: what the command line alone shows to be wrong.
  resolveGanConfig(options);
  const observers = await loadObservers<GanObserverEvent>(observer);
  const networksTyped = networksNamed(typed);
  // Only rank 0 needs to have the run that goes on.
  const known = resume
    ? await fromRank0(ranks, 'the run that goes on', async () => knownRun(run ?? (await latestGanRun())))
    : undefined;
  const networks = networksTyped ?? known?.networks ?? { preset: 'dcgan' };
  const config = resolveGanConfig({ ...trainingOf(networks), ...known?.settings, ...options });
  const data = await during('reading the data', () =>
    dataOfRanks(ranks, dataFrom, () => loadData(choice, known?.data)),
  );
  const load = () =>
    loadNetworks(networks, data, config, networksTyped === undefined ? known?.path : undefined);
  const specs = known === undefined ? await load() : await fromRank0(ranks, 'the networks', load);
  const request: GanRequest = describeGan(specs, data.train, config, {
    run: known?.path ?? run ?? { under: defaultRuns },
    resume,
    origin: { ...networks, ...originOfData(data) },
    allowArithmeticChange,
    ...(profile === undefined ? {} : { profile }),
  });
  return { request, networks: nameOf(networks), data: data.name, observers };
}

/** Where the two networks come from. */
type Networks = { readonly preset: GanPreset } | Readonly<Record<Player, string>>;

const nameOf = (networks: Networks): string =>
  'preset' in networks ? networks.preset : `${networks.generator} and ${networks.discriminator}`;

/** What a preset trains with where nothing is said. */
const trainingOf = (networks: Networks): GanTraining =>
  'preset' in networks ? ganPresetTraining[networks.preset] : {};

/** @throws GradpoolError of kind 'usage' for a preset that is none, or one network without the other */
function networksNamed({
  preset,
  generator,
  discriminator,
}: Pick<GanCommandOptions, 'preset' | Player>): Networks | undefined {
  if (generator === undefined && discriminator === undefined)
    return preset === undefined ? undefined : { preset: presetOf(preset) };
  if (preset !== undefined)
    throw usageError(
      'Expected `preset`, or `generator` and `discriminator`, which say what is trained; got both',
    );
  if (generator === undefined || discriminator === undefined)
    throw usageError(
      `Expected \`generator\` and \`discriminator\`, a file each, got the ${generator === undefined ? 'discriminator' : 'generator'}'s alone`,
    );
  return { generator: resolve(generator), discriminator: resolve(discriminator) };
}

function presetOf(name: string): GanPreset {
  const found = ganPresets.find((preset) => preset === name);
  if (found !== undefined) return found;
  throw usageError(`Expected \`preset\` to be ${alternatives(ganPresets)}, got ${asCode(name)}`);
}

/** @param run a resumed one, whose checkpoints have its own networks */
async function loadNetworks(
  networks: Networks,
  { train }: NamedData,
  { seed }: GanConfig,
  run: string | undefined,
): Promise<GanSpecs> {
  if ('preset' in networks) return ganPresetSpecs(networks.preset, { seed });
  if (run !== undefined && (await listCheckpoints(join(run, 'generator'))).length > 0) {
    const [generator, discriminator] = await Promise.all(
      (['generator', 'discriminator'] as const).map((player) => loadCheckpoint(join(run, player))),
    );
    return { generator: generator.model, discriminator: discriminator.model };
  }
  const options = { inputShape: [...train.shape], classes: 1 };
  return {
    generator: await loadNew(networks.generator, { options: { ...options, seed } }),
    discriminator: await loadNew(networks.discriminator, { options: { ...options, seed: seed + 1 } }),
  };
}

/** What a resumed run takes over where nothing is said. */
async function knownRun(path: string) {
  const record = await readGanRecord(path);
  const { preset, generator, discriminator, data, dataOptions } = recordOf(record.origin) as GanOrigin;
  const networks =
    typeof generator === 'string' && typeof discriminator === 'string'
      ? { generator, discriminator }
      : typeof preset === 'string'
        ? { preset: presetOf(preset) }
        : undefined;
  if (networks === undefined)
    throw inputError(
      `Expected a run of \`gradpool gan\` at ${path}, got one of a program's own networks; go on with trainGan`,
    );
  const choice =
    typeof data === 'string' && data !== mnistOrigin
      ? { data, ...(areDataOptions(dataOptions) ? dataOptions : {}) }
      : {};
  return { path, networks, data: choice, settings: settingsOf(record) };
}

function settingsOf(record: GanRecord): GanTraining {
  const { learningRate, beta1 } = recordOf(record.optimizer);
  const kept = Object.entries({ ...trainOptions, ...ownGanOptions }).flatMap(([name, { isKept }]) =>
    isKept && record[name] !== undefined && name !== 'optimizer' ? [[name, record[name]]] : [],
  );
  const update = optionsOfUpdate(recordOf(record.update) as unknown as UpdateSettings);
  const asked = Object.fromEntries(updatesOfGan.map((name) => [name, update[name]]));
  return { ...Object.fromEntries(kept), ...asked, learningRate, beta1 } as GanTraining;
}

const recordOf = (value: unknown): GanRecord =>
  typeof value === 'object' && value !== null ? (value as GanRecord) : {};

function suggestResume(
  { run, globalStep }: GanResult,
  options: GanCommandOptions,
  say: (line: string) => void,
): void {
  if (run === undefined) return;
  const { workers, simd, maxRestarts, stepTimeout, allowArithmeticChange } = options;
  const words = optionWords({ workers, simd, maxRestarts, stepTimeout, allowArithmeticChange });
  const command = [
    ownCommand(),
    'gan --run',
    quoted(absolute(run)),
    '--resume',
    ...words,
    ...observerWords(options),
  ].join(' ');
  say(`stopped after step ${globalStep}; go on with: ${command}`);
}
