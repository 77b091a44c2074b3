import { roundUp } from '../../../kernels/panels.ts';
import { depthwiseShapeLayout } from '../../../kernels/structs.ts';
import { type DepthwiseConv2dLayer, isFrozen } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import { addressOf, type Operation, type Pass, shardOf, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';

export const depthwiseConv2dRow: LayerRow<DepthwiseConv2dLayer> = {
  takes: () => ({ forward: 'one by one', backward: 'one by one' }),
  keeps: () => 'input',
  flat: ({ kernel }) => [kernel],
  compile: (node, compiler) => [depthwiseConv2d(node, compiler)],
};

/** On the padded image; where channels have several filters, each channel stands there as often. */
function depthwiseConv2d(
  { layer, buffers }: CompiledNode<DepthwiseConv2dLayer>,
  { arena, packed }: Compiler,
): Operation {
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const kernel = packed(layer.kernel);
  const bias = layer.bias && packed(layer.bias);
  const { multiplier } = layer;
  const [height, width, channels] = layer.input;
  const filters = layer.output[2];
  const pixels = layer.output[0] * layer.output[1];
  const { top, bottom, left, right } = layer.padding;
  const pixelBytes = filters * 4;
  const rowBytes = (left + width + right) * pixelBytes;
  const paddedFloats = ((top + height + bottom) * rowBytes) / 4;
  const start = top * rowBytes + left * pixelBytes;
  /** Its border is zero, and is never written. */
  const padded = arena.floats(paddedFloats);
  const dPadded = arena.floats(paddedFloats);
  const repeated = arena.floats(multiplier === 1 ? 0 : height * width * filters);
  const noBias = arena.floats(bias === undefined ? filters : 0);
  const shape = arena.struct(depthwiseShapeLayout, depthwiseShape(layer, rowBytes));
  return {
    perExample: true,
    forward(pass, first, count) {
      const { kernels, parameters } = pass;
      const init = bias === undefined ? noBias : parameters + bias.offset;
      for (let example = first; example < first + count; example++) {
        pad(pass, example);
        kernels.depthwiseForward(shape, padded, parameters + kernel.offset, init, addressOf(output, example));
      }
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        if (!isFrozen(layer)) addGradients(pass, example);
        if (dInput !== undefined)
          inputGradient(pass, addressOf(dOutput, example), addressOf(dInput, example));
      }
    },
  };

  function pad({ kernels }: Pass, example: number): void {
    const image = addressOf(input, example);
    if (multiplier > 1) kernels.repeatValues(image, repeated, sizeOf(layer.input), multiplier);
    const from = multiplier > 1 ? repeated : image;
    kernels.padImage(from, padded + start, height, width, pixelBytes, pixelBytes, rowBytes);
  }

  function addGradients(pass: Pass, example: number): void {
    const { kernels, bytes } = pass;
    const shard = shardOf(pass, example);
    const isFirst = example === shard.first;
    const from = addressOf(dOutput, example);
    const dKernel = shard.gradient + kernel.offset;
    if (isFirst) bytes.fill(0, dKernel, dKernel + roundUp(layer.kernel.size) * 4);
    pad(pass, example);
    kernels.addDepthwiseGradient(shape, padded, from, dKernel);
    if (bias === undefined) return;
    const dBias = shard.gradient + bias.offset;
    if (isFirst) bytes.fill(0, dBias, dBias + roundUp(filters) * 4);
    kernels.addRows(from, dBias, pixels, filters);
  }

  function inputGradient({ kernels, parameters }: Pass, from: number, to: number): void {
    kernels.clear(dPadded, paddedFloats * 4);
    kernels.addDepthwiseInputGradient(shape, from, parameters + kernel.offset, dPadded);
    const [target, imageRow] = [multiplier > 1 ? repeated : to, width * pixelBytes];
    kernels.copyRows(dPadded + start, rowBytes, target, imageRow, imageRow, height);
    if (multiplier > 1) kernels.sumRepeated(repeated, to, height * width * channels, multiplier);
  }
}

function depthwiseShape(layer: DepthwiseConv2dLayer, rowBytes: number) {
  const { kernelSize, strides, dilation = [1, 1] } = layer;
  const [outputHeight, outputWidth, channels] = layer.output;
  const pixelBytes = channels * 4;
  return {
    ...{ outputHeight, outputWidth, channels, windowHeight: kernelSize[0], windowWidth: kernelSize[1] },
    ...{ strideY: strides[0] * rowBytes, strideX: strides[1] * pixelBytes },
    ...{ tapY: dilation[0] * rowBytes, tapX: dilation[1] * pixelBytes },
  };
}
