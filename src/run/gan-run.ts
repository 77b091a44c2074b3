/** A GAN's run: its config.json, and a directory for each network that holds checkpoints as a run does. */
import { join } from 'node:path';
import { inputError, messageOf } from '../errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { readBoundedFile } from '../files/open-file.ts';
import { type Checkpoint, checkpointPath, listCheckpoints, stepOf } from './checkpoint.ts';
import { type PassedOver, readCheckpoint } from './checkpoint-read.ts';
import { isRecord } from './fields.ts';
import { isOfNewerFormat, versionOf } from './format-version.ts';
import { configPath, hasRunRecord } from './run-config.ts';
import { latestRunDirectory } from './run-directory.ts';

/** The networks. The generator is saved last: with it a step is. */
export const players = ['discriminator', 'generator'] as const;
export type Player = (typeof players)[number];

/** What a GAN's config.json holds. */
export type GanRecord = Readonly<Record<string, unknown>>;

/**
 * What a GAN's run was begun, or went on, with.
 * @throws GradpoolError where the directory holds no GAN's run
 */
export async function readGanRecord(run: string): Promise<GanRecord> {
  const fields = await ganFields(run);
  if (fields !== undefined) {
    versionOf(fields);
    return fields;
  }
  const got = (await hasRunRecord(run))
    ? "a classifier's, which `gradpool evaluate` and `gradpool predict` use"
    : 'none';
  throw inputError(`Expected a GAN's run at ${run}, got ${got}; name one that \`gradpool gan\` has written`);
}

/** Whether a directory is a GAN's run, of whatever version. */
export const isGanRun = async (run: string): Promise<boolean> => (await ganFields(run)) !== undefined;

/** The GAN's run of the highest number under `root`. @throws GradpoolError when there is none */
export const latestGanRun = (root?: string): Promise<string> => latestRunDirectory(root, isGanRun);

/** The checkpoints of a step, whole. */
export interface SavedStep {
  readonly step: number;
  readonly checkpoints: Readonly<Record<Player, Checkpoint>>;
  /** Newer ones that are broken, newest first. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * The newest step that both networks have whole; undefined before the first one.
 * @throws GradpoolError when there are checkpoints, but none is whole in both, or a newer version wrote one
 */
export async function findSavedStep(run: string): Promise<SavedStep | undefined> {
  const passedOver: PassedOver[] = [];
  for (const path of await listCheckpoints(join(run, 'generator'))) {
    const step = Number(stepOf(path));
    try {
      const [discriminator, generator] = await Promise.all(
        players.map((player) => readCheckpoint(checkpointPath(join(run, player), step))),
      );
      return { step, checkpoints: { discriminator, generator }, passedOver };
    } catch (error) {
      if (isOfNewerFormat(error)) throw error;
      passedOver.push({ path, reason: messageOf(error) });
    }
  }
  if (passedOver.length === 0) return undefined;
  throw inputError(
    `Expected a step in ${run} that both networks have whole, got ${passedOver.length} broken: ${passedOver.map(({ reason }) => reason).join('; ')}; begin a new run`,
  );
}

/** Undefined for whatever is no GAN's. */
async function ganFields(run: string): Promise<GanRecord | undefined> {
  const fields = await readBoundedFile(configPath(run), 2 ** 20)
    .then((bytes) => parseBoundedJson(bytes, 16))
    .catch(() => undefined);
  return isRecord(fields) && fields.kind === 'gan' ? fields : undefined;
}
