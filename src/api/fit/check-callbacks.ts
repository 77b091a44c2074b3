import type { CallbackList } from '@tensorflow/tfjs-layers';
import { type Check, callable, object, unexpected, unknownName } from '../../check.ts';
import { isObject } from '../../model/keras/config/layer-config.ts';
import { alternatives } from '../../shown.ts';

type Callback = NonNullable<ConstructorParameters<typeof CallbackList>[0]>[number];

/** @throws GradpoolError of kind 'usage' unless these are callbacks: one or a list, each a tf.Callback or functions */
export const checkCallbacks: Check = (callbacks, name) => {
  if (!Array.isArray(callbacks)) checkCallback(callbacks, name);
  else for (const [index, callback] of callbacks.entries()) checkCallback(callback, `${name}[${index}]`);
};

/** An object of tf.Callback, of any copy of TensorFlow.js; anything else are functions by name. */
export const isCallback = (value: unknown): value is Callback =>
  isObject(value) && typeof value.setParams === 'function' && typeof value.setModel === 'function';

export const batchHooks = ['onBatchBegin', 'onBatchEnd', 'onYield'];
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
