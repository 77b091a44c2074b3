import { CallbackList, CustomCallback, History, type LayersModel } from '@tensorflow/tfjs-layers';
import { type Check, callable, object, unexpected, unknownName } from '../check.ts';
import { isObject } from '../model/layer-config.ts';
import { alternatives } from '../shown.ts';
import type { FitArgs } from './args.ts';

type Callback = NonNullable<ConstructorParameters<typeof CallbackList>[0]>[number];

/** The caller's callbacks and the History, which tfjs's own classes call as in `model.fit`. */
export interface Callbacks {
  readonly list: CallbackList;
  readonly history: History;
  /** Whether something may listen to batches. */
  readonly hearsBatches: boolean;
  /** Whether something may look at the model after an epoch. */
  readonly hearsEpochs: boolean;
}

/** What `callbacks` are told at first; as tfjs's. */
export interface CallbackParams {
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly samples: number;
  readonly batchSize: number;
  readonly verbose: number;
  readonly doValidation: boolean;
  readonly metrics: readonly string[];
}

/** @throws GradpoolError of kind 'usage' unless these are callbacks: one or a list, each a tf.Callback or functions */
export const checkCallbacks: Check = (callbacks, name) => {
  if (!Array.isArray(callbacks)) checkCallback(callbacks, name);
  else for (const [index, callback] of callbacks.entries()) checkCallback(callback, `${name}[${index}]`);
};

export function createCallbacks(
  model: LayersModel,
  { callbacks, yieldEvery }: Pick<FitArgs, 'callbacks' | 'yieldEvery'>,
  params: CallbackParams,
): Callbacks {
  const given: readonly unknown[] = [callbacks ?? []].flat();
  const own = given.map((callback) =>
    isCallback(callback) ? callback : new CustomCallback(callback as CustomArgs, yieldEvery),
  );
  const history = new History();
  const list = new CallbackList([...own, history]);
  list.setParams({ ...params, metrics: [...params.metrics], steps: null } as unknown as Params);
  list.setModel(model);
  return {
    list,
    history,
    hearsBatches: given.some((callback) => isCallback(callback) || hasAny(callback, batchHooks)),
    hearsEpochs: given.length > 0,
  };
}

type CustomArgs = ConstructorParameters<typeof CustomCallback>[0];
type Params = Parameters<CallbackList['setParams']>[0];

/** An object of tf.Callback, of any copy of TensorFlow.js; anything else are functions by name. */
const isCallback = (value: unknown): value is Callback =>
  isObject(value) && typeof value.setParams === 'function' && typeof value.setModel === 'function';

const batchHooks = ['onBatchBegin', 'onBatchEnd', 'onYield'];
const hooks = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', ...batchHooks];

/** A hook may be inherited, so it is asked for by name; a name of the object's own that looks like one is one. */
function checkCallback(value: unknown, name: string): void {
  const callback = object(value, name, 'pass functions by name, { onEpochEnd() {} }, or a tf.Callback');
  if (isCallback(callback)) return;
  const wrong = Object.keys(callback).find((key) => /^on[A-Z]/.test(key) && !hooks.includes(key));
  if (wrong !== undefined) throw unknownName(wrong, hooks, name);
  for (const hook of hooks)
    if (callback[hook] !== undefined && callback[hook] !== null) callable(callback[hook], `${name}.${hook}`);
  // None at all may be meant: { ...(log && { onEpochEnd }) }.
  const isEmpty = Object.keys(callback).length === 0;
  if (!isEmpty && !hooks.some((hook) => typeof callback[hook] === 'function'))
    throw unexpected(name, `an object with ${alternatives(hooks)}`, value);
}

const hasAny = (value: unknown, names: readonly string[]): boolean =>
  isObject(value) && names.some((name) => value[name] !== undefined);
