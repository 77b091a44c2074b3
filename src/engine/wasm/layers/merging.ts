/** Layers that make one tensor of several of the same shape, value by value. */
import type { LayerKinds, MergingKind } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import {
  addressOf,
  type NodeBuffers,
  type Operation,
  type Pass,
  type Tensor,
} from '../operation/operation.ts';
import type { LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

/** How values meet, and how a gradient comes back. */
interface Rule {
  /** Puts one more input's values to those that are there, which begin with the first one's. */
  add(pass: Pass, values: number, result: number, count: number): void;
  /** Once all are there. */
  finish?(pass: Pass, result: number, count: number, inputs: number): void;
  /** The gradient of input `place`, which is a copy of the output's so far, where it is not that. */
  change?(pass: Pass, d: number, count: number, place: number, inputs: readonly number[]): void;
}

const addTo: Rule['add'] = ({ kernels }, values, result, count) => kernels.addRows(values, result, 1, count);

const rules: { readonly [K in Exclude<MergingKind, 'maximum' | 'minimum'>]: Rule } = {
  add: { add: addTo },
  average: {
    add: addTo,
    finish: ({ kernels }, result, count, inputs) => kernels.scale(result, count, 1 / inputs),
    change: ({ kernels }, d, count, _, inputs) => kernels.scale(d, count, 1 / inputs.length),
  },
  subtract: {
    add({ kernels }, values, result, count) {
      kernels.scale(result, count, -1);
      kernels.addRows(values, result, 1, count);
      kernels.scale(result, count, -1);
    },
    change({ kernels }, d, count, place) {
      if (place === 1) kernels.scale(d, count, -1);
    },
  },
  multiply: {
    add: ({ kernels }, values, result, count) => kernels.multiply(values, result, result, count),
    change({ kernels }, d, count, place, inputs) {
      for (const [other, values] of inputs.entries())
        if (other !== place) kernels.multiply(d, values, d, count);
    },
  },
};

const row = (kind: keyof typeof rules): LayerRow<LayerKinds[MergingKind]> => ({
  takes: asImages,
  keeps: () => (kind === 'multiply' ? 'input' : undefined),
  compile: ({ layer, buffers }) => [merging(rules[kind], isImage(layer), buffers)],
});

export const addRow = row('add');
export const averageRow = row('average');
export const subtractRow = row('subtract');
export const multiplyRow = row('multiply');

/** Input by input in their order. */
function merging(rule: Rule, perExample: boolean, buffers: NodeBuffers): Operation {
  const { inputs, output, dOutput, dInputs } = buffers;
  return {
    perExample,
    forward(pass, first, count) {
      const [start, ...others] = addressesOf(inputs, first);
      const result = addressOf(output, first);
      const values = count * output.size;
      pass.bytes.copyWithin(result, start, start + values * 4);
      for (const other of others) rule.add(pass, other, result, values);
      rule.finish?.(pass, result, values, inputs.length);
    },
    backward(pass, first, count) {
      const from = addressOf(dOutput, first);
      const values = count * output.size;
      for (const [place, dInput] of dInputs.entries()) {
        if (dInput === undefined) continue;
        const d = addressOf(dInput, first);
        pass.bytes.copyWithin(d, from, from + values * 4);
        rule.change?.(pass, d, values, place, addressesOf(inputs, first));
      }
    },
  };
}

const addressesOf = (tensors: readonly Tensor[], example: number): number[] =>
  tensors.map((tensor) => addressOf(tensor, example));

const choosingRow = (kind: 'maximum' | 'minimum'): LayerRow<LayerKinds[MergingKind]> => ({
  takes: asImages,
  // What it gives, it can compute again.
  keeps: () => 'input',
  compile: ({ layer, buffers }, { arena }) => [choosing(kind, isImage(layer), buffers, arena)],
});

export const maximumRow = choosingRow('maximum');
export const minimumRow = choosingRow('minimum');

/** The gradient goes to the first input that has the value which was taken. */
function choosing(
  kind: 'maximum' | 'minimum',
  perExample: boolean,
  { inputs, output, dOutput, dInputs }: NodeBuffers,
  arena: Arena,
): Operation {
  const take = kind === 'maximum' ? 'takeLargest' : 'takeSmallest';
  const { size } = output;
  const [taken, left, nobody] = [arena.floats(size), arena.floats(size), arena.floats(size)];

  function choose({ kernels, bytes }: Pass, example: number, result: number): void {
    const [start, ...others] = addressesOf(inputs, example);
    bytes.copyWithin(result, start, start + size * 4);
    for (const other of others) kernels[take](other, result, size);
  }
  return {
    perExample,
    forward(pass, first, count) {
      for (let example = first; example < first + count; example++)
        choose(pass, example, addressOf(output, example));
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        choose(pass, example, taken);
        const from = addressOf(dOutput, example);
        pass.bytes.copyWithin(left, from, from + size * 4);
        for (const [place, values] of addressesOf(inputs, example).entries()) {
          const dInput = dInputs[place];
          const d = dInput === undefined ? nobody : addressOf(dInput, example);
          pass.kernels.takeGradient(values, taken, left, d, size);
        }
      }
    },
  };
}
