import type { Kernels } from '../../../kernels/kernels.ts';
import { matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, panelWidth, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../kernels/structs.ts';
import type { Conv2dLayer } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';

/** The gradient of a convolution's input. */
export interface InputGradient {
  /** Takes these weights: once a call, before `run`. */
  turn(kernels: Kernels, kernel: number): void;
  /** One image. */
  run(kernels: Kernels, dOutput: number, dInput: number): void;
}

/**
 * The gradient of a convolution's input: dInput = convolution of the padded dOutput with the turned kernel. With
 * strides, the input's pixels that are a stride apart, a phase, meet the same taps, every stride-th of the kernel: each
 * phase is a convolution of its own with stride 1, which multiplies no zeros between the outputs.
 */
export function turnedConvolution(layer: Conv2dLayer, arena: Arena, edge: number): InputGradient {
  const [, width, channels] = layer.input;
  const [outputHeight, outputWidth, filters] = layer.output;
  const [kernelHeight, kernelWidth] = layer.kernelSize;
  const taps = kernelHeight * kernelWidth;
  const pixelBytes = filters * 4;
  const tapBytes = filters * panelBytes;
  const panels = roundUp(channels) / panelWidth;
  const [rows, columns] = [phasesOf(layer, 0), phasesOf(layer, 1)];
  const rowBytes = columns.size * pixelBytes;
  // Around the image, the buffer is zero and is never written.
  const padded = arena.floats((rows.size * rowBytes) / 4);
  const start = padded + rows.before * rowBytes + columns.before * pixelBytes;
  const turned = arena.floats((panels * taps * tapBytes) / 4);
  const phases = rows.phases.flatMap((row) => columns.phases.map((column) => compilePhase(row, column)));
  return {
    turn(kernels, kernel) {
      kernels.turnKernel(kernel, turned, taps, channels, filters);
      for (const { weights, phaseTaps } of phases) {
        if (weights === turned) continue;
        const phaseBytes = phaseTaps.length * tapBytes;
        for (const [place, tap] of phaseTaps.entries()) {
          const [from, to] = [turned + tap * tapBytes, weights + place * tapBytes];
          kernels.copyRows(from, taps * tapBytes, to, phaseBytes, tapBytes, panels);
        }
      }
    },
    run(kernels, dOutput, dInput) {
      kernels.padImage(dOutput, start, outputHeight, outputWidth, pixelBytes, pixelBytes, rowBytes);
      for (const { shape, source, weights, target, pixels } of phases)
        kernels.matmul(shape, padded + source, weights, arena.zeros, dInput + target, pixels);
    },
  };

  function compilePhase(row: Phase, column: Phase) {
    const phaseTaps = row.taps.flatMap((y) => column.taps.map((x) => y * kernelWidth + x));
    // Of no taps, a product over nothing: these pixels' gradients are zero.
    const segments = Math.max(1, row.taps.length);
    const shape = matmulShape({
      aRow: pixelBytes,
      aOuter: rowBytes,
      aSegment: rowBytes,
      bPanel: phaseTaps.length * tapBytes,
      cRow: layer.strides[1] * channels * 4,
      cPanel: panelBytes,
      cOuter: layer.strides[0] * width * channels * 4,
      columns: channels,
      segments,
      length: (phaseTaps.length / segments) * filters,
      outer: row.pixels,
      edge,
    });
    return {
      shape: arena.struct(matmulShapeLayout, shape),
      phaseTaps,
      weights: phaseTaps.length === taps ? turned : arena.floats((panels * phaseTaps.length * tapBytes) / 4),
      source: (rows.before + row.start) * rowBytes + (columns.before + column.start) * pixelBytes,
      target: (row.first * width + column.first) * channels * 4,
      pixels: column.pixels,
    };
  }
}

/** Along an axis: every stride-th pixel of the input. */
interface Phase {
  readonly first: number;
  readonly pixels: number;
  /** Of the turned kernel, in order; none where the stride jumps over these pixels. */
  readonly taps: readonly number[];
  /** The output under the first of these taps, at the first pixel; the other taps and pixels follow one by one. */
  readonly start: number;
}

/** The phases along an axis, and how large outputs and the zeros around them are that they read. */
function phasesOf({ input, output, kernelSize, strides, padding }: Conv2dLayer, axis: 0 | 1) {
  const [stride, kernel] = [strides[axis], kernelSize[axis]];
  const paddingBefore = axis === 0 ? padding.top : padding.left;
  const phases = Array.from({ length: Math.min(stride, input[axis]) }, (_, first): Phase => {
    const position = first + paddingBefore;
    const smallest = position % stride;
    const count = Math.max(0, Math.ceil((kernel - smallest) / stride));
    const largest = smallest + (count - 1) * stride;
    return {
      first,
      pixels: Math.ceil((input[axis] - first) / stride),
      taps: Array.from({ length: count }, (_, place) => kernel - 1 - largest + place * stride),
      start: (position - largest) / stride,
    };
  });
  const before = Math.max(0, ...phases.map(({ start }) => -start));
  const ends = phases.map(({ start, pixels, taps }) => start + pixels - 1 + taps.length);
  return { phases, before, size: before + Math.max(output[axis], ...ends) };
}
