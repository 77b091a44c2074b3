import { CallbackList, CustomCallback, History, type LayersModel } from '@tensorflow/tfjs-layers';
import { isObject } from '../../model/keras/config/layer-config.ts';
import type { FitArgs } from './args.ts';
import { batchHooks, isCallback } from './check-callbacks.ts';
import { registeredCallbacks } from './registered-callbacks.ts';

/** The callbacks that are registered, the caller's, and the History, which tfjs's own classes call as in `model.fit`. */
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
  readonly initialEpoch: number | null;
  readonly samples: number | null;
  /** Batches of an epoch, where they are not counted by samples. */
  readonly steps: number | null;
  readonly batchSize: number | null;
  readonly verbose: number;
  readonly doValidation: boolean;
  readonly metrics: readonly string[];
}

export async function createCallbacks(
  model: LayersModel,
  { callbacks, yieldEvery }: Pick<FitArgs, 'callbacks' | 'yieldEvery'>,
  params: CallbackParams,
): Promise<Callbacks> {
  const given: readonly unknown[] = [callbacks ?? []].flat();
  const own = given.map((callback) =>
    isCallback(callback) ? callback : new CustomCallback(callback as CustomArgs, yieldEvery),
  );
  const registered = await registeredCallbacks(params.verbose);
  const history = new History();
  const list = new CallbackList([...registered, ...own, history]);
  list.setParams({ ...params, metrics: [...params.metrics] } as unknown as Params);
  list.setModel(model);
  return {
    list,
    history,
    hearsBatches: [...registered, ...given].some(
      (callback) => isCallback(callback) || hasAny(callback, batchHooks),
    ),
    hearsEpochs: registered.length + given.length > 0,
  };
}

type CustomArgs = ConstructorParameters<typeof CustomCallback>[0];
type Params = Parameters<CallbackList['setParams']>[0];

const hasAny = (value: unknown, names: readonly string[]): boolean =>
  isObject(value) && names.some((name) => value[name] !== undefined);
