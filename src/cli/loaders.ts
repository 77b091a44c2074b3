/** How models are loaded: in the caller's thread or, where the user's modules take part, in one of their own. */
import { extname } from 'node:path';
import type { OpenedModel } from '../coordinator/checkpoint-read.ts';
import { type ErrorRecord, firstLineOf, fromErrorRecord, inputError } from '../errors.ts';
import type { LayersModelContent } from '../model/layers-format.ts';
import type { LoadedModel } from '../model/read-model-file.ts';
import { startThread } from '../start-thread.ts';
import { prepareTensorflowEnvironment } from '../tensorflow-environment.ts';
import { type Loading, loadHere, type NewModel } from './load-here.ts';

/** The model to begin a training with. */
export const loadNew = (path: string, request: Omit<NewModel, 'kind'>, layersModule?: string) =>
  load<LoadedModel>({ kind: 'new', path, layersModule, ...request });

export const loadModelJson = (path: string, layersModule?: string) =>
  load<LayersModelContent>({ kind: 'model.json', path, layersModule });

export const loadCheckpoint = (path: string, layersModule?: string) =>
  load<OpenedModel>({ kind: 'checkpoint', path, layersModule });

async function load<T>(loading: Loading): Promise<T> {
  const isProgram = loading.kind === 'new' && extname(loading.path).toLowerCase() !== '.json';
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
