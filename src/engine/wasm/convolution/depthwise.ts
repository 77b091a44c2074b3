import { roundUp } from '../../../kernels/panels.ts';
import { depthwiseShapeLayout } from '../../../kernels/structs.ts';
import { type DepthwiseConv2dLayer, isFrozen } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import type { Arena } from '../operation/arena.ts';
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
  const [height, width] = layer.input;
  const filters = layer.output[2];
  const pixels = layer.output[0] * layer.output[1];
  const { top, bottom, left, right } = layer.padding;
  const pixelBytes = filters * 4;
  const rowBytes = (left + width + right) * pixelBytes;
  const paddedFloats = ((top + height + bottom) * rowBytes) / 4;
  const start = top * rowBytes + left * pixelBytes;
  /** Its border is zero, and is never written. */
  const padded = arena.floats(paddedFloats);
  const repeated = arena.floats(multiplier === 1 ? 0 : height * width * filters);
  const zeros = arena.floats(filters);
  const shape = arena.struct(depthwiseShapeLayout, depthwiseShape(layer, rowBytes));
  const inputGradient = dInput && depthwiseInputGradient(layer, { zeros, repeated }, arena);
  return {
    perExample: true,
    forward(pass, first, count) {
      const { kernels, parameters } = pass;
      const init = bias === undefined ? zeros : parameters + bias.offset;
      for (let example = first; example < first + count; example++) {
        pad(pass, example);
        kernels.depthwiseForward(shape, padded, parameters + kernel.offset, init, addressOf(output, example));
      }
    },
    backward(pass, first, count) {
      inputGradient?.turn(pass, pass.parameters + kernel.offset);
      for (let example = first; example < first + count; example++) {
        if (!isFrozen(layer)) addGradients(pass, example);
        if (dInput !== undefined)
          inputGradient?.give(pass, addressOf(dOutput, example), addressOf(dInput, example));
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
}

interface InputGradient {
  /** Brings the kernel's taps into the order that `give` needs: once a call. */
  turn(pass: Pass, kernel: number): void;
  give(pass: Pass, dOutput: number, dInput: number): void;
}

/**
 * Of one example: a depthwise convolution of the output's gradient with the kernel from its end to its beginning, so that
 * each value adds up in the order of the windows that it is in. Strides become zeros between the gradient's pixels.
 */
function depthwiseInputGradient(
  layer: DepthwiseConv2dLayer,
  { zeros, repeated }: { readonly zeros: number; readonly repeated: number },
  arena: Arena,
): InputGradient {
  const { multiplier, kernelSize, strides, dilation = [1, 1], padding } = layer;
  const [height, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const pixelBytes = filters * 4;
  const [reachY, reachX] = [(kernelSize[0] - 1) * dilation[0], (kernelSize[1] - 1) * dilation[1]];
  const rowBytes = (width + reachX) * pixelBytes;
  /** Its border, and what strides leave between, is zero, and is never written. */
  const padded = arena.floats(((height + reachY) * rowBytes) / 4);
  const start = padded + (reachY - padding.top) * rowBytes + (reachX - padding.left) * pixelBytes;
  const taps = kernelSize[0] * kernelSize[1];
  const turned = arena.floats(taps * filters);
  const windows = { output: [height, width, filters], kernelSize, strides: [1, 1], dilation } as const;
  const shape = arena.struct(depthwiseShapeLayout, depthwiseShape(windows, rowBytes));
  const [columnBytes, stepBytes] = [strides[1] * pixelBytes, strides[0] * rowBytes];
  return {
    turn({ kernels }, kernel) {
      kernels.copyRows(kernel + (taps - 1) * pixelBytes, -pixelBytes, turned, pixelBytes, pixelBytes, taps);
    },
    give({ kernels }, dOutput, dInput) {
      kernels.padImage(dOutput, start, outputHeight, outputWidth, pixelBytes, columnBytes, stepBytes);
      kernels.depthwiseForward(shape, padded, turned, zeros, multiplier > 1 ? repeated : dInput);
      if (multiplier > 1) kernels.sumRepeated(repeated, dInput, height * width * channels, multiplier);
    },
  };
}

/** @param rowBytes of the padded image */
function depthwiseShape({ output, kernelSize, strides, dilation = [1, 1] }: Windows, rowBytes: number) {
  const [outputHeight, outputWidth, channels] = output;
  const pixelBytes = channels * 4;
  return {
    ...{ outputHeight, outputWidth, channels, windowHeight: kernelSize[0], windowWidth: kernelSize[1] },
    ...{ strideY: strides[0] * rowBytes, strideX: strides[1] * pixelBytes },
    ...{ tapY: dilation[0] * rowBytes, tapX: dilation[1] * pixelBytes },
  };
}

type Windows = Pick<DepthwiseConv2dLayer, 'output' | 'kernelSize' | 'strides' | 'dilation'>;
