import type { Tensor } from '@tensorflow/tfjs-core';
import { isObject } from '../../model/keras/config/layer-config.ts';
import { isTensor } from '../tensors/examples.ts';

/** A batch holds two parts, and each of them tensors. */
export function tensorsIn(value: unknown, depth = 2): Tensor[] {
  if (isTensor(value)) return [value];
  return isObject(value) && depth > 0
    ? Object.values(value).flatMap((part) => tensorsIn(part, depth - 1))
    : [];
}

export function disposeBatch(value: unknown): void {
  for (const tensor of tensorsIn(value)) if (!tensor.isDisposed) tensor.dispose();
}
