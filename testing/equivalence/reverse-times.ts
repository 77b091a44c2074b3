import { reverse, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/** [times, ...] in the other order: what TensorFlow.js does within a bidirectional layer. */
export class ReverseTimes extends layers.Layer {
  static readonly className = 'ReverseTimes';

  override call(inputs: Tensor | Tensor[]): Tensor {
    return reverse(Array.isArray(inputs) ? inputs[0] : inputs, 1);
  }
}

serialization.registerClass(ReverseTimes as never);
