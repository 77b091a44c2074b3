import { rowOf, type Values } from '../../src/engine/reference/rows.ts';
import { inputEnds, outputEnds } from '../../src/model/ends.ts';
import type { Network } from '../../src/model/network.ts';
import type { PlainTensor } from './peers.ts';

/**
 * What a network makes of examples, in float64, layer by layer.
 * @param inputs [examples, ...network.input]
 * @returns of each output, as the model gives it: probabilities where that ends in softmax
 */
export function plainOutputs(
  network: Network,
  parameters: Float32Array,
  inputs: Float32Array,
  examples: number,
): PlainTensor[] {
  const size = inputs.length / examples;
  const rows = Array.from({ length: examples }, (_, example) =>
    Float64Array.from(inputs.subarray(example * size, (example + 1) * size)),
  );
  const pass = { parameters: Float64Array.from(parameters), isTraining: false, inputs: rows, words: [] };
  const tensors: Values[] = inputEnds(network).map((end) =>
    rows.map((row) => row.subarray(end.offset, end.offset + end.size)),
  );
  for (const layer of network.layers)
    tensors.push(
      rowOf(layer).forward(
        layer,
        layer.reads.map((tensor) => tensors[tensor]),
        pass,
      ),
    );
  return outputEnds(network).map(({ tensor, shape }) => ({
    shape: [examples, ...shape],
    values: tensors[tensor].flatMap((row) => [...(network.endsInSoftmax ? softmax(row) : row)]),
  }));
}

function softmax(row: Float64Array): Float64Array {
  const most = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - most));
  const sum = powers.reduce((one, other) => one + other, 0);
  return powers.map((power) => power / sum);
}
