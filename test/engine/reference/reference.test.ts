import { describe, expect, test } from 'vitest';
import { conv2dForward } from '../../../src/engine/reference/layers/conv2d.ts';
import { pooling2dBackward, pooling2dForward } from '../../../src/engine/reference/layers/pooling2d.ts';
import { lossBackward, lossForward } from '../../../src/engine/reference/loss.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { shardLosses } from '../../../src/engine/reference/shard.ts';
import type { LossName } from '../../../src/loss/loss.ts';
import { classifierLoss } from '../../../src/loss/loss-of.ts';
import type { Network, Pooling2dLayer } from '../../../src/model/network.ts';
import {
  averagePooling2d,
  conv2d,
  dropout,
  maxPooling2d,
  network,
} from '../../../testing/engine/network-builder.ts';
import { describeEngine } from '../contract.ts';

/** A module without content: the reference engine uses no kernels. */
const noKernels = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

// The reference is compared with its own float64 core: what is left is one rounding to float32.
describeEngine(referenceEngine, { kernels: () => noKernels, tolerance: 6e-8 });

const classifier = { loss: classifierLoss, endsInSoftmax: false };

describe('the reference, by hand', () => {
  test('cross-correlates: same padding puts the odd column at the end', () => {
    // One row [1, 2, 3], kernel [10, 1]: 12, 23 and, with a zero behind the end, 30.
    const net = network([1, 3, 1], conv2d(1, [1, 2]));
    expect(convolve(net, [10, 1, 0.5], [1, 2, 3])).toEqual([12.5, 23.5, 30.5]);
  });

  test('pads rows as it pads columns', () => {
    const net = network([3, 1, 1], conv2d(1, [4, 1], { bias: false }));
    expect(convolve(net, [1000, 100, 10, 1], [1, 2, 3])).toEqual([123, 1230, 2300]);
  });

  test('strides skip from the padded edge', () => {
    const net = network([1, 5, 1], conv2d(1, [1, 3], { strides: [1, 2], bias: false }));
    expect(convolve(net, [100, 10, 1], [1, 2, 3, 4, 5])).toEqual([12, 234, 450]);
  });

  test('orders a kernel as [height, width, input channels, filters]', () => {
    const net = network([1, 2, 2], conv2d(2, [1, 2], { padding: 'valid', bias: false }));
    const kernel = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(convolve(net, kernel, [1, 10, 100, 1000])).toEqual([1 + 30 + 500 + 7000, 2 + 40 + 600 + 8000]);
  });

  test('the first of equal values in a max pooling window takes the gradient', () => {
    const layer = poolingOf(network([2, 2, 1], maxPooling2d([2, 2])));
    const input = Float64Array.of(1, 3, 3, 3);
    expect([...pooling2dForward(layer, input)]).toEqual([3]);
    expect([...pooling2dBackward(layer, input, Float64Array.of(5))]).toEqual([0, 5, 0, 0]);
  });

  test('max pooling leaves padding out, also where all values are negative', () => {
    const layer = poolingOf(network([1, 3, 1], maxPooling2d([1, 2], { padding: 'same' })));
    expect([...pooling2dForward(layer, Float64Array.of(-3, -2, -1))]).toEqual([-2, -1]);
  });

  test('max pooling does not lose a NaN, wherever it stands', () => {
    const layer = poolingOf(network([1, 3, 1], maxPooling2d([1, 3])));
    for (const at of [0, 1, 2])
      expect(pooling2dForward(layer, Float64Array.of(1, 2, 3).with(at, Number.NaN))[0]).toBeNaN();
  });

  test('average pooling divides by the values that are not padding', () => {
    const layer = poolingOf(network([1, 3, 1], averagePooling2d([1, 2], { padding: 'same' })));
    expect([...pooling2dForward(layer, Float64Array.of(2, 4, 8))]).toEqual([3, 8]);
    expect([...pooling2dBackward(layer, Float64Array.of(2, 4, 8), Float64Array.of(1, 1))]).toEqual([
      0.5, 0.5, 1,
    ]);
  });

  test('dropout scales what it keeps, forward and backward', () => {
    const net = network([4], dropout(0.75));
    const words = (_: unknown, element: number) => (element === 1 ? 0 : 2 ** 32 - 1);
    const example = { input: Float64Array.of(0, 0, 0, Math.log(2) / 4), target: 1, words };
    const [{ predictions }] = shardLosses({ network: net, loss: classifierLoss }, new Float64Array(), {
      examples: [example],
      isTraining: true,
    });
    [0.2, 0.2, 0.2, 0.4].forEach((expected, i) => {
      expect(predictions[i]).toBeCloseTo(expected, 14);
    });
  });

  test('softmax cross-entropy bears logits that exp does not', () => {
    const { loss, predictions } = lossForward(classifier, Float64Array.of(1000, 0, -1000), 1);
    expect(loss).toBe(1000);
    expect([...predictions]).toEqual([1, 0, 0]);
  });

  test('of equal logits the first is the choice', () => {
    const logits = Float64Array.of(1, 2, 2);
    expect([0, 1, 2].map((label) => lossForward(classifier, logits, label).correct)).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('losses outside of what their logarithm can take', () => {
  const of = (name: LossName) => ({ loss: { name, of: 'output' }, endsInSoftmax: false }) as const;

  test('are those of the clipped value, and pass no gradient to what was clipped', () => {
    const [p, t] = [Float64Array.of(0, 1, 0.25), Float64Array.of(1, 1, 0)];
    const [low, high] = [Math.fround(1e-7), Math.fround(1 - 1e-7)];
    const expected = -(Math.log(low) + Math.log(high) + Math.log(0.75)) / 3;
    expect(lossForward(of('binaryCrossentropy'), p, t).loss).toBeCloseTo(expected, 12);
    const [d0, d1, d2] = lossBackward(of('binaryCrossentropy'), p, t);
    expect([d0, d1]).toEqual([0, 0]);
    expect(d2).toBeCloseTo(1 / 0.75 / 3, 12);
  });

  test('categorical cross-entropy divides by the sum first', () => {
    const p = Float64Array.of(2, 6, 0);
    const { loss, predictions } = lossForward(of('categoricalCrossentropy'), p, Float64Array.of(0, 1, 0));
    expect(loss).toBeCloseTo(-Math.log(0.75), 12);
    expect([...predictions]).toEqual([2, 6, 0]);
    const hopeless = lossForward(of('categoricalCrossentropy'), p, Float64Array.of(0, 0, 1));
    expect(hopeless.loss).toBeCloseTo(-Math.log(Math.fround(1e-7)), 12);
    const gradient = lossBackward(of('categoricalCrossentropy'), p, Float64Array.of(0, 0, 1));
    expect(gradient.every((value) => value === 0)).toBe(true);
  });

  test('sparse categorical cross-entropy clips before it divides too', () => {
    const p = Float64Array.of(3, 0.5, 0);
    expect(lossForward(of('sparseCategoricalCrossentropy'), p, 1).loss).toBeCloseTo(-Math.log(1 / 3), 6);
    const [d0, d1, d2] = lossBackward(of('sparseCategoricalCrossentropy'), p, 1);
    expect([d0, d2]).toEqual([0, 0]);
    expect(d1).toBeCloseTo((1 - 3) / 1.5, 6);
  });

  test('the absolute error falls towards an exact hit, as in TensorFlow.js', () => {
    const d = lossBackward(of('meanAbsoluteError'), Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 2, 4, 4));
    expect([...d]).toEqual([0.25, -0.25, -0.25, -0.25]);
  });
});

function convolve({ layers: [layer] }: Network, parameters: number[], input: number[]): number[] {
  if (layer.kind !== 'conv2d') throw new Error(layer.kind);
  return [...conv2dForward(layer, Float64Array.from(parameters), Float64Array.from(input))];
}

function poolingOf({ layers: [layer] }: Network): Pooling2dLayer {
  if (layer.kind !== 'maxPooling2d' && layer.kind !== 'averagePooling2d') throw new Error(layer.kind);
  return layer;
}
