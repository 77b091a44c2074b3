import { type Pooling2dLayer, sizeOf } from '../../model/network.ts';
import type { Arena } from './arena.ts';
import { addressOf, type Buffers, type Operation, type Tensor } from './operation.ts';

/**
 * Max pooling keeps each window's choice for the way back. `relu`: a relu in front is part of it. The largest of the
 * relu's outputs is the relu of the largest input, and where that is zero no gradient passes.
 */
export function maxPooling(
  layer: Pooling2dLayer,
  relu: boolean,
  maxExamples: number,
  arena: Arena,
  { input, output, dOutput, dInput }: Buffers,
): Operation {
  const shape = arena.table([...poolingShape(layer), relu ? 1 : 0]);
  const size = sizeOf(layer.output);
  const choice: Tensor = { address: arena.floats(maxExamples * size), size, transient: false };
  return {
    perExample: true,
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++)
        kernels.maxPoolingForward(
          shape,
          addressOf(input, example),
          addressOf(output, example),
          addressOf(choice, example),
        );
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      for (let example = first; example < first + count; example++)
        kernels.maxPoolingBackward(
          shape,
          addressOf(choice, example),
          addressOf(dOutput, example),
          addressOf(dInput, example),
        );
    },
  };
}

export function averagePooling(
  layer: Pooling2dLayer,
  arena: Arena,
  { input, output, dOutput, dInput }: Buffers,
): Operation {
  const shape = arena.table([...poolingShape(layer), 0]);
  return {
    perExample: true,
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++)
        kernels.averagePoolingForward(shape, addressOf(input, example), addressOf(output, example));
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      for (let example = first; example < first + count; example++)
        kernels.averagePoolingBackward(shape, addressOf(dOutput, example), addressOf(dInput, example));
    },
  };
}

/** In the order of the AssemblyScript class PoolingShape. */
const poolingShape = ({ input, output, poolSize, strides, padding }: Pooling2dLayer): number[] => [
  ...input,
  output[0],
  output[1],
  ...poolSize,
  ...strides,
  padding.top,
  padding.left,
];
