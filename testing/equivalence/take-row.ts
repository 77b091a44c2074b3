import { serialization, type Tensor, unstack } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/** One row of each example, which no layer of TensorFlow.js takes. */
export class TakeRow extends layers.Layer {
  static className = 'TakeRow';
  readonly place: number;

  constructor(config: { place: number; name?: string }) {
    super(config);
    this.place = config.place;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return unstack(Array.isArray(inputs) ? inputs[0] : inputs, 1)[this.place];
  }

  override computeOutputShape([examples, , ...shape]: (number | null)[]): (number | null)[] {
    return [examples, ...shape];
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), place: this.place };
  }
}

serialization.registerClass(TakeRow);
