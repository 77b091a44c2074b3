import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';

/** What is used of tfjs-node's backend: it runs any of TensorFlow's operations. */
export interface NodeBackend {
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly Tensor[]): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
  readonly binding: Readonly<Record<string, number>> & { readonly TF_Version: string };
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export const backendOf = (tf: Tensorflow) => tf.backend() as unknown as NodeBackend;

/** The attribute that says which type an operation works on. */
export const float32 = ({ binding }: NodeBackend): Attribute => ({
  name: 'T',
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
});

/**
 * TensorFlow has operations for the gradients of relu and of a bias; TensorFlow.js composes them of several. Put in
 * place of TensorFlow.js's own, in this thread.
 */
export function registerGradients(tf: Tensorflow): void {
  const backend = backendOf(tf);
  const run = (name: string, inputs: readonly Tensor[]) =>
    backend.executeSingleOutput(name, [float32(backend)], inputs);

  tf.unregisterGradient('Relu');
  tf.registerGradient({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [output]) => ({ x: () => run('ReluGrad', [dy as Tensor, output]) }),
  });

  const add = tf.getGradient('Add');
  tf.unregisterGradient('Add');
  tf.registerGradient({
    ...add,
    gradFunc(dy, saved, attrs) {
      const [a, b] = saved;
      const own = add.gradFunc(dy, saved, attrs);
      if (!isBias(dy as Tensor, a, b)) return own;
      const { a: dA } = own as unknown as Record<keyof NamedTensorMap, () => Tensor>;
      return { a: dA, b: () => run('BiasAddGrad', [dy as Tensor]) };
    },
  });
}

/** [..., n] + [n] */
const isBias = (dy: Tensor, a: Tensor, b: Tensor): boolean =>
  dy.dtype === 'float32' &&
  a.rank > 1 &&
  b.rank === 1 &&
  a.shape.join() === dy.shape.join() &&
  b.size === dy.shape[dy.rank - 1];
