import { outputEnds } from '../../model/ends.ts';
import { type Network, outputRows } from '../../model/network.ts';
import { layerWord } from '../../random.ts';
import { sizeOf } from '../../shape.ts';
import type { EngineContext, EngineFactory, ExampleBatch, GradientRequest } from '../engine.ts';
import {
  constrainedWeights,
  packWeights,
  planOfPlaces,
  unpackWeights,
  weightPlaces,
} from '../weight-places.ts';
import type { Target } from './loss.ts';
import type { ExampleResult } from './outputs.ts';
import { type Example, shardGradient, shardLosses } from './shard.ts';

/**
 * Plain loops in float64, one example after the other; only what leaves a call (probabilities, the gradient sum)
 * is rounded to float32. Slow and obvious: the oracle of the tests. Parameters stay in natural order,
 * each on cache lines of its own.
 */
export const referenceEngine: EngineFactory = {
  name: 'reference',
  startsAlone: false,
  supports: () => undefined,
  plan({ network }) {
    return {
      ...planOfPlaces(network),
      arithmetic: { kernels: 'reference-1', multiplyAdd: 'separate' },
    };
  },
  async load() {},
  create: (context) => ({
    gradient: (request) => gradient(context, request),
    evaluate: (batch, counts) => evaluate(context, batch, counts),
    sumDeferred: () => {},
    addPenalties: () => {},
    constraints: constrainedWeights(context.network, context.memory.buffer),
    derivations: [],
    pack: (naturalOffset, packedOffset) =>
      packWeights(context.network, naturalAt(context, naturalOffset), packedAt(context, packedOffset)),
    unpack: (packedOffset, naturalOffset) =>
      unpackWeights(context.network, packedAt(context, packedOffset), naturalAt(context, naturalOffset)),
  }),
};

/** Shard by shard. */
function gradient(context: EngineContext, request: GradientRequest) {
  let first = 0;
  return request.shards.map(({ count, gradientOffset }) => {
    const indicesOffset = request.indicesOffset + first * 4;
    const predictionsOffset = request.predictionsOffset + first * context.network.classes * 4;
    const position = request.position + first;
    first += count;
    return requestGradient(
      context,
      { ...request, indicesOffset, predictionsOffset, position, count },
      gradientOffset,
    );
  });
}

function requestGradient(context: EngineContext, request: GradientRequest, gradientOffset: number) {
  const { network, seed } = context;
  const parameters = new Float64Array(unpacked(context, request.parametersOffset));
  const dParameters = new Float64Array(network.parameterCount);
  const examples = examplesOf(context, request).map((example, i): Example => {
    const position = request.position + i;
    const words: Example['words'] = ({ index }, element) =>
      layerWord(seed, request.step, index, position, element);
    return { ...example, words, weights: weightsOf(context, request, example.row) };
  });
  const results = shardGradient(context, parameters, { examples, isTraining: true }, dParameters);
  packWeights(network, new Float32Array(dParameters), packedAt(context, gradientOffset));
  return sumsOf(context, request, results);
}

/** Example by example, so that no more than one is in memory. */
function evaluate(context: EngineContext, batch: ExampleBatch, counts = [batch.count] as readonly number[]) {
  const parameters = new Float64Array(unpacked(context, batch.parametersOffset));
  const results = examplesOf(context, batch).flatMap((example) =>
    shardLosses(context, parameters, { examples: [example], isTraining: false }),
  );
  let first = 0;
  return counts.map((count) => {
    const predictionsOffset = batch.predictionsOffset + first * context.network.classes * 4;
    first += count;
    return sumsOf(context, { ...batch, count, predictionsOffset }, results.slice(first - count, first));
  });
}

/** The examples of a batch, and which rows of the data set they are. */
function examplesOf({ network, memory }: EngineContext, batch: ExampleBatch) {
  const indices = new Uint32Array(memory.buffer, batch.indicesOffset, batch.count);
  return Array.from(indices, (row) => ({
    row,
    input: readInput(memory.buffer, batch, row, sizeOf(network.input)),
    target: readTarget(memory.buffer, batch, row, network),
  }));
}

/** Writes the predictions of a batch and sums up. */
function sumsOf({ network, memory }: EngineContext, batch: ExampleBatch, results: readonly ExampleResult[]) {
  const { classes } = network;
  const predictions = new Float32Array(memory.buffer, batch.predictionsOffset, batch.count * classes);
  const [sums, outputs] = [{ loss: 0, correct: 0 }, outputEnds(network).map(() => 0)];
  for (const [i, result] of results.entries()) {
    predictions.set(result.predictions, i * classes);
    sums.loss += result.loss;
    if (result.correct) sums.correct++;
    for (const [output, loss] of result.outputs.entries()) outputs[output] += loss;
  }
  return outputs.length > 1 ? { ...sums, outputs } : sums;
}

/** Row `row` of the inputs as float64; a uint8 value stands for the float32 nearest to value / 255. */
function readInput(memory: ArrayBufferLike, batch: ExampleBatch, row: number, size: number): Float64Array {
  const { inputsMemory: buffer = memory } = batch;
  if (batch.inputType === 'float32')
    return new Float64Array(new Float32Array(buffer, batch.inputsOffset + row * size * 4, size));
  if (batch.inputType === 'int32')
    return Float64Array.from(new Int32Array(buffer, batch.inputsOffset + row * size * 4, size), Math.fround);
  const bytes = new Uint8Array(buffer, batch.inputsOffset + row * size, size);
  return Float64Array.from(bytes, (value) => Math.fround(value / 255));
}

function readTarget(buffer: ArrayBufferLike, batch: ExampleBatch, row: number, network: Network): Target {
  const [rows, size] = [outputRows(network), network.classes];
  if (batch.targetType === 'vector')
    return new Float64Array(new Float32Array(buffer, batch.targetsOffset + row * size * 4, size));
  const labels = new Uint32Array(buffer, batch.targetsOffset + row * rows * 4, rows);
  return rows === 1 ? labels[0] : labels;
}

function weightsOf({ network, memory }: EngineContext, { weightsOffset }: GradientRequest, row: number) {
  const count = outputEnds(network).length;
  return weightsOffset === undefined
    ? []
    : [...new Float32Array(memory.buffer, weightsOffset + row * count * 4, count)];
}

/** [weights' elements] in the engine's own order. */
const packedAt = ({ network, memory }: EngineContext, offset: number) =>
  new Float32Array(memory.buffer, offset, weightPlaces(network).floats);

/** @returns [network.parameterCount] a copy in natural order */
function unpacked(context: EngineContext, packedOffset: number): Float32Array {
  const natural = new Float32Array(context.network.parameterCount);
  unpackWeights(context.network, packedAt(context, packedOffset), natural);
  return natural;
}

const naturalAt = ({ network, memory }: EngineContext, offset: number) =>
  new Float32Array(memory.buffer, offset, network.parameterCount);
