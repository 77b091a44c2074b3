/**
 * A GAN's run directory: config.json, metrics.jsonl, and a directory for each network with checkpoints as those of any
 * run, so that whatever reads a run reads them. A step counts as saved when both networks have it whole.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { constantSchedule } from '../config/schedule-options.ts';
import { checkDrift } from '../coordinator/alike.ts';
import { checkFinite } from '../coordinator/not-finite.ts';
import { dataHash } from '../data/dataset-hash.ts';
import { inputError } from '../errors.ts';
import { fromRank0 } from '../exchange/exchange.ts';
import { exists, makeDirectories, replaceFile, tryWriting } from '../files/atomic-file.ts';
import { cutEventFiles } from '../formats/tensorboard/cut-event-files.ts';
import { openEventLog } from '../formats/tensorboard/event-log.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { GanEvent, GanRequest } from '../protocol/gan.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import { writeCheckpoint } from '../run/checkpoint-write.ts';
import { formatVersion } from '../run/format-version.ts';
import {
  findSavedStep,
  type GanRecord,
  isGanRun,
  type Player,
  players,
  readGanRecord,
} from '../run/gan-run.ts';
import { modelSha256 } from '../run/hashes.ts';
import { checkResume, type RunIdentity } from '../run/identity.ts';
import { lockRun } from '../run/lock/run-lock.ts';
import { type MetricsEvent, openMetrics, scalarsOf, truncateMetrics } from '../run/metrics.ts';
import { configPath } from '../run/run-config.ts';
import { chosenRunDirectory, metricsPath } from '../run/run-directory.ts';
import { packageVersion } from '../runtime/package-version.ts';
import type { Gan } from './gan.ts';
import type { GanState, PlayerState } from './gan-state.ts';

export interface GanRecorder {
  readonly path: string | undefined;
  readonly resumed: GanState | undefined;
  record(event: MetricsEvent): Promise<void>;
  /**
   * Checkpoints of both networks, unless that step has them.
   * @param options untried: no worker can try the parameters, and there are no ranks to be told
   */
  save(gan: Gan, options?: { readonly untried?: boolean }): Promise<void>;
  close(): Promise<void>;
}

const keepsNothing: GanRecorder = {
  path: undefined,
  resumed: undefined,
  async record() {},
  async save() {},
  async close() {},
};

/**
 * Of several ranks, rank 0 keeps the run directory, and tells the others what it goes on from.
 * @throws GradpoolError when the directory cannot be used, or a resumed run was begun with other settings
 */
export async function openGanRecorder(
  request: GanRequest,
  gan: Gan,
  report: (event: GanEvent) => void,
): Promise<GanRecorder> {
  if (request.run === undefined) return keepsNothing;
  const { exchange } = gan;
  const keeper = exchange.rank === 0 ? await openKeeper(request, request.run, gan, report) : keepsNothing;
  const resumed = await fromRank0(exchange, 'what the training goes on from', () => keeper.resumed);
  let savedStep = resumed?.step ?? -1;
  return {
    ...keeper,
    resumed,
    async save(current, { untried = false } = {}) {
      const { done } = current;
      if (done === savedStep) return;
      if (untried) return keeper.save(current);
      await current.tryParameters();
      await checkDrift(exchange, done, () => bothParameters(current));
      await fromRank0(exchange, `the checkpoint of step ${done}`, () => keeper.save(current));
      savedStep = done;
    },
  };
}

async function bothParameters(gan: Gan): Promise<Float32Array[]> {
  const state = await gan.state();
  return players.map((player) => state[player].parameters);
}

/** Of rank 0; it saves whatever it is given. */
async function openKeeper(
  request: GanRequest,
  run: NonNullable<GanRequest['run']>,
  gan: Gan,
  report: (event: GanEvent) => void,
): Promise<GanRecorder> {
  const path = await chosenRunDirectory(run, request.resume, isGanRun);
  if (request.resume) checkUnrecorded(path, await readGanRecord(path), request);
  await makeDirectories(path);
  const lock = await lockRun(path);
  try {
    if (!request.resume) await checkUnused(path);
    await tryWriting(path);
    const identities = identitiesOf(request, gan);
    const resumed = request.resume ? await resumedState(path, identities, request, report) : undefined;
    await writeConfig(path, request);
    for (const player of players) await mkdir(join(path, player), { recursive: true });
    if (resumed !== undefined) await truncateMetrics(metricsPath(path), resumed.step);
    const fromStep = resumed?.step ?? 0;
    if (resumed !== undefined) await cutEventFiles(path, fromStep);
    const metrics = await openMetrics(metricsPath(path));
    const events = await openEventLog(path, fromStep);
    return {
      path,
      resumed,
      async record(event) {
        await metrics.append(event);
        await events.write(event.step, scalarsOf(event, request.config.batchSize));
      },
      async save(current) {
        await metrics.sync();
        await events.sync();
        const state = await current.state();
        for (const player of players) checkFinite(state[player].parameters, state.step);
        // The generator last: with it the step is saved.
        for (const player of players) {
          const content = contentOf(request[player], state.step, state[player], identities[player]);
          const checkpoint = await writeCheckpoint(join(path, player), content);
          if (player === 'generator') report({ kind: 'checkpoint', step: state.step, path: checkpoint });
        }
      },
      async close() {
        try {
          await metrics.close();
          await events.close();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const contentOf = (
  model: ModelSpec,
  step: number,
  { parameters, optimizer, skippedSteps }: PlayerState,
  identity: RunIdentity,
) => ({
  ...{ step, skippedSteps, optimizerSteps: optimizer.steps, firstEpoch: 0, epoch: { examples: 0, sums: [] } },
  learningRate: identity.optimizer.learningRate,
  ...{ identity, model, parameters, optimizerState: optimizer.arrays },
});

function identitiesOf(request: GanRequest, gan: Gan): Readonly<Record<Player, RunIdentity>> {
  const { seed, batchSize, shards, optimizer, update } = request.config;
  const { kernels, multiplyAdd } = gan.arithmetic;
  const common = {
    ...{ seed, batchSize, shards, optimizer, schedule: constantSchedule, update },
    ...{ shuffle: true, engine: gan.engine },
    loss: { name: 'sigmoidCrossEntropy', of: 'output' },
    ...{ arithmetic: { kernels, multiplyAdd }, dataSha256: dataHash(request.train) },
    optimizerArrays: gan.optimizerArrays,
  } as const;
  const identity = ({ network, topology }: ModelSpec): RunIdentity => ({
    ...common,
    modelSha256: modelSha256(network, topology, gan.engine),
    parameterCount: network.parameterCount,
  });
  return { generator: identity(request.generator), discriminator: identity(request.discriminator) };
}

/** @throws GradpoolError when the run was begun with other settings, or no step of it is whole */
async function resumedState(
  path: string,
  identities: Readonly<Record<Player, RunIdentity>>,
  { config, allowArithmeticChange = false }: GanRequest,
  report: (event: GanEvent) => void,
): Promise<GanState | undefined> {
  const found = await findSavedStep(path);
  if (found === undefined) return undefined;
  const { step, checkpoints, passedOver } = found;
  for (const { path: broken, reason } of passedOver)
    report({ kind: 'notice', text: `passed over ${broken}: ${reason}` });
  for (const player of players) {
    const { manifest } = checkpoints[player];
    const { arithmetic } = allowArithmeticChange ? identities[player] : manifest;
    checkResume({ ...manifest, arithmetic }, identities[player], path);
  }
  if (step > config.steps)
    throw inputError(
      `Expected \`steps\` to be at least ${step}, since the run at ${path} has done ${step}, got ${config.steps}`,
    );
  const { generator, discriminator } = checkpoints;
  return { step, generator: stateOf(generator), discriminator: stateOf(discriminator) };
}

const stateOf = ({ manifest, parameters, optimizerState }: Checkpoint): PlayerState => ({
  parameters,
  optimizer: { steps: manifest.optimizerSteps, arrays: optimizerState },
  skippedSteps: manifest.skippedSteps,
});

async function writeConfig(path: string, { config, origin }: GanRequest): Promise<void> {
  const { exchange: _, ...settings } = config;
  const record = {
    formatVersion,
    kind: 'gan',
    gradpool: packageVersion,
    node: process.version,
    ...settings,
    ...(origin === undefined ? {} : { origin }),
  };
  await replaceFile(configPath(path), new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
}

/** Settings that change bits and that no checkpoint has, with what they were before there were any others. */
const unrecorded = { labelSmoothing: 0, discriminatorSteps: 1, generatorSteps: 1, pretrainSteps: 0 } as const;

function checkUnrecorded(path: string, record: GanRecord, { config }: GanRequest): void {
  for (const name of Object.keys(unrecorded) as (keyof typeof unrecorded)[]) {
    const { [name]: recorded = unrecorded[name] } = record;
    if (recorded !== config[name])
      throw inputError(
        `Expected \`${name}\` to be ${recorded} as in the run at ${path}, got ${config[name]}; resume with the same settings, or begin a new run without \`resume\``,
      );
  }
}

async function checkUnused(path: string): Promise<void> {
  if (!(await exists(configPath(path)))) return;
  throw inputError(`${path} has a config.json already; add \`resume\` to go on or choose another \`run\``);
}
