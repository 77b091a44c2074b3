import { type PoolingShape, poolingShapeLayout } from '../../../kernels/structs.ts';
import type { Pooling2dLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import type { Arena } from '../operation/arena.ts';
import { addressOf, type Buffers, type Operation, singleInput, type Tensor } from '../operation/operation.ts';
import type { LayerRow } from '../operation/row.ts';
import { asImages } from '../operation/taking.ts';

export const maxPoolingRow: LayerRow<Pooling2dLayer<'maxPooling2d'>> = {
  takes: asImages,
  absorbs: (_, before) => before.kind === 'activation' && before.activation === 'relu',
  /** Windows lie side by side, and each passes its gradient to one of 4 pixels or more. */
  thinsGradient: ({ poolSize, strides }) =>
    poolSize.every((size, axis) => strides[axis] >= size) && poolSize[0] * poolSize[1] >= 4,
  compile: ({ layer, absorbed, buffers }, { sizes, arena }) => [
    maxPooling(layer, absorbed.length > 0, sizes.maxExamples, arena, singleInput(buffers)),
  ],
};

export const averagePoolingRow: LayerRow<Pooling2dLayer<'averagePooling2d'>> = {
  takes: asImages,
  compile: ({ layer, buffers }, { arena }) => [averagePooling(layer, arena, singleInput(buffers))],
};

/**
 * Max pooling keeps each window's choice for the way back. `relu`: a relu in front is part of it. The largest of the
 * relu's outputs is the relu of the largest input, and where that is zero no gradient passes.
 */
function maxPooling(
  layer: Pooling2dLayer,
  relu: boolean,
  maxExamples: number,
  arena: Arena,
  { input, output, dOutput, dInput }: Buffers,
): Operation {
  const shape = arena.struct(poolingShapeLayout, poolingShape(layer, relu));
  const size = sizeOf(layer.output);
  const choice: Tensor = { address: arena.floats(maxExamples * size), size, transient: false };
  const halves = isHalving(layer);
  const [height, width, channels] = layer.output;
  return {
    perExample: true,
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++) {
        const [from, to] = [addressOf(input, example), addressOf(output, example)];
        const chosen = addressOf(choice, example);
        if (halves) kernels.halvingForward(height, width, channels, relu ? 1 : 0, from, to, chosen);
        else kernels.maxPoolingForward(shape, from, to, chosen);
      }
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      for (let example = first; example < first + count; example++) {
        const [from, to] = [addressOf(dOutput, example), addressOf(dInput, example)];
        const chosen = addressOf(choice, example);
        if (halves) kernels.halvingBackward(height, width, channels, chosen, from, to);
        else kernels.maxPoolingBackward(shape, chosen, from, to);
      }
    },
  };
}

/** The most common pooling: windows of 2 x 2 side by side that cover the image, channels in whole vectors. */
const isHalving = ({ input, output, poolSize, strides }: Pooling2dLayer): boolean =>
  [0, 1].every((axis) => poolSize[axis] === 2 && strides[axis] === 2 && input[axis] === 2 * output[axis]) &&
  input[2] % 4 === 0;

function averagePooling(
  layer: Pooling2dLayer,
  arena: Arena,
  { input, output, dOutput, dInput }: Buffers,
): Operation {
  const shape = arena.struct(poolingShapeLayout, poolingShape(layer, false));
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

const poolingShape = (
  { input, output, poolSize, strides, padding }: Pooling2dLayer,
  relu: boolean,
): PoolingShape => ({
  ...{ height: input[0], width: input[1], channels: input[2] },
  ...{ outputHeight: output[0], outputWidth: output[1] },
  ...{ windowHeight: poolSize[0], windowWidth: poolSize[1], strideY: strides[0], strideX: strides[1] },
  ...{ top: padding.top, left: padding.left },
  relu: Number(relu),
});
