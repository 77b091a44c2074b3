import { reshape, sign, stridedSlice, Tensor, transpose } from '@tensorflow/tfjs-core';

/**
 * Operations as methods of tensors, which only the whole of TensorFlow.js registers (@tensorflow/tfjs): those that its
 * layers call. Without them no recurrent layer can be made, whose recurrent kernel is orthogonal at first.
 */
const chained = {
  flatten(this: Tensor) {
    return reshape(this, [this.size]);
  },
  reshape(this: Tensor, shape: number[]) {
    return reshape(this, shape);
  },
  sign(this: Tensor) {
    return sign(this);
  },
  stridedSlice(this: Tensor, begin: number[], end: number[], strides?: number[]) {
    return stridedSlice(this, begin, end, strides);
  },
  transpose(this: Tensor, permutation?: number[]) {
    return transpose(this, permutation);
  },
};

for (const [name, operation] of Object.entries(chained))
  if (!(name in Tensor.prototype))
    Object.defineProperty(Tensor.prototype, name, { value: operation, writable: true, configurable: true });
