/** How models are loaded: in the caller's thread or, where the user's modules take part, in one of their own. */
import { type ErrorRecord, firstLineOf, fromErrorRecord, inputError } from '../../errors.ts';
import { isModelFile, type ModelContent } from '../../formats/model-file/read-model.ts';
import type { LoadedModel } from '../../formats/model-file/read-model-file.ts';
import type { ReadNetworkOptions } from '../../model/keras/read-network.ts';
import type { OpenedModel } from '../../run/checkpoint-read.ts';
import { startThread } from '../../runtime/start-thread.ts';
import { prepareTensorflowEnvironment } from '../../runtime/tensorflow-environment.ts';
import { type Loading, loadHere, type NewModel } from './load-here.ts';

/** The model to begin a training with. */
export const loadNew = (path: string, request: Omit<NewModel, 'kind'>, layersModule?: string) =>
  load<LoadedModel>({ kind: 'new', path, layersModule, ...request });

export const loadModelFile = (path: string, layersModule?: string, reading?: ReadNetworkOptions) =>
  load<ModelContent>({ kind: 'model file', path, layersModule, ...(reading && { reading }) });

export const loadCheckpoint = (path: string, layersModule?: string, reading?: ReadNetworkOptions) =>
  load<OpenedModel>({ kind: 'checkpoint', path, layersModule, ...(reading && { reading }) });

async function load<T>(loading: Loading): Promise<T> {
  const isProgram = loading.kind === 'new' && !isModelFile(loading.path);
  const value = isProgram || loading.layersModule !== undefined ? inThread(loading) : loadHere(loading);
  return (await value) as T;
}

type Answer = { readonly value: unknown } | { readonly error: ErrorRecord };

async function inThread(loading: Loading): Promise<unknown> {
  prepareTensorflowEnvironment();
  const thread = startThread('./loader-thread', import.meta.url, loading);
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error) => reject(failed(loading, error)));
      thread.once('exit', () => reject(endedEarly(loading)));
    });
    if ('error' in answer) throw fromErrorRecord(answer.error);
    return answer.value;
  } finally {
    await thread.terminate();
  }
}

/** An error that the module neither threw nor handed on: of a timer, or a promise that nobody waits for. */
const failed = (loading: Loading, thrown: unknown) =>
  inputError(`${programIn(loading)} failed beside its own work: ${firstLineOf(thrown)}`, thrown);

const endedEarly = (loading: Loading) =>
  inputError(
    `${programIn(loading)} ended before it gave a model: a promise of it (or its top-level await) never settles, or it calls process.exit()`,
  );

const programIn = ({ kind, path, layersModule }: Loading): string =>
  kind === 'new' || layersModule === undefined ? path : layersModule;
