import { dirname, join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import { isDirectory } from '../../files/atomic-file.ts';
import { inFile } from '../../formats/in-file.ts';
import { isModelFile } from '../../formats/model-file/read-model.ts';
import type { UserMetadata } from '../../formats/user-metadata.ts';
import type { ReadNetworkOptions } from '../../model/keras/read-network.ts';
import type { ModelSpec } from '../../model/model-spec.ts';
import type { OpenedModel } from '../../run/checkpoint-read.ts';
import { isGanRun } from '../../run/gan-run.ts';
import type { Manifest } from '../../run/manifest.ts';
import { factsIn, type ModelFacts } from '../../run/model-facts.ts';
import { findRunRecord, type RunRecord } from '../../run/run-config.ts';
import { notice } from '../print/output.ts';
import { loadCheckpoint, loadModelFile } from './loaders.ts';

/** A model with its weights, and where they lie. */
export interface SavedModel {
  readonly path: string;
  readonly model: ModelSpec;
  /** Absent for one that is no checkpoint. */
  readonly manifest?: Manifest;
  /** What it was trained on. */
  readonly facts: ModelFacts;
  /** As its file has them; absent where that has none. */
  readonly metadata?: UserMetadata;
}

/**
 * A saved model, wherever it is: a run, a checkpoint, a model's directory or a model's file.
 * @param layersModule absolute path
 */
export async function openSaved(
  path: string,
  layersModule?: string,
  reading?: ReadNetworkOptions,
): Promise<SavedModel> {
  if (isModelFile(path) && !(await isDirectory(path))) {
    const { topology, network, parameters, metadata } = await loadModelFile(path, layersModule, reading);
    if (parameters === undefined)
      throw inputError(`Expected ${path} to hold weights, got a model without; train it first`);
    const facts = await inFile(path, () => factsIn(metadata, network));
    return { path, model: { topology, network, parameters }, facts, ...(metadata && { metadata }) };
  }
  if (await isGanRun(path))
    throw inputError(
      `Expected one network of the GAN at ${path}: ${join(path, 'generator')} or ${join(path, 'discriminator')}`,
    );
  const { passedOver, ...found } = await loadCheckpoint(path, layersModule, reading);
  for (const broken of passedOver) notice(`passed over ${broken.path}: ${broken.reason}`);
  return { ...found, facts: await factsOf(found, await runOf(path)) };
}

/** Of a run's directory, or of a checkpoint in its place in one. */
export const runOf = async (directory: string): Promise<RunRecord | undefined> =>
  (await findRunRecord(directory)) ?? (await findRunRecord(dirname(dirname(resolve(directory)))));

/** What a model was trained on: of a checkpoint as its manifest and its run's record say, else as its own file does. */
export async function factsOf(
  { path, manifest, model, metadata }: Omit<OpenedModel, 'passedOver'>,
  run: RunRecord | undefined,
): Promise<ModelFacts> {
  if (manifest === undefined) return inFile(path, () => factsIn(metadata, model.network));
  const { dataSha256, preparation: { normalization } = {} } = manifest;
  const { classNames, columns } = run?.identity.dataSha256 === dataSha256 ? run.origin : {};
  return {
    ...(classNames === undefined ? {} : { classNames }),
    ...(columns === undefined ? {} : { columns }),
    ...(normalization === undefined ? {} : { normalization }),
  };
}
