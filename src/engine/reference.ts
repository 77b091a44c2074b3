import { type Network, sizeOf } from '../model/network.ts';
import { dropoutKeeps } from '../random.ts';
import type { EngineContext, EngineFactory, ExampleBatch, GradientRequest } from './engine.ts';
import type { LossResult, Target } from './reference/loss.ts';
import { type Example, shardGradient, shardLosses } from './reference/shard.ts';

/**
 * Plain loops in float64, one example after the other; only what leaves a call (probabilities, the gradient sum)
 * is rounded to float32. Slow and obvious: the oracle of the tests. Parameters stay in natural order.
 */
export const referenceEngine: EngineFactory = {
  name: 'reference',
  startsAlone: false,
  supports: () => undefined,
  plan({ network }) {
    const { floats, stateFloats } = placesOf(network);
    return {
      parameterFloats: floats,
      slotFloats: floats,
      stateFloats,
      constantFloats: 0,
      derivedFloats: 0,
      batchBytes: 0,
      arenaBytes: 0,
      arithmetic: { kernels: 'reference-1', multiplyAdd: 'separate' },
    };
  },
  async load() {},
  create: (context) => ({
    gradient: (request) => gradient(context, request),
    evaluate: (batch) => evaluate(context, batch),
    sumDeferred: () => {},
    derivations: [],
    pack: (naturalOffset, packedOffset) =>
      packTo(context, naturalAt(context, naturalOffset).slice(), packedOffset),
    unpack: (packedOffset, naturalOffset) =>
      naturalAt(context, naturalOffset).set(unpacked(context, packedOffset)),
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
  const { network, memory, seed } = context;
  const parameters = new Float64Array(unpacked(context, request.parametersOffset));
  const dParameters = new Float64Array(network.parameterCount);
  const examples = examplesOf(context, request).map((example, i): Example => {
    const position = request.position + i;
    const keeps: Example['keeps'] = ({ index, rate }, element) =>
      dropoutKeeps(seed, request.step, index, position, element, rate);
    return { ...example, keeps, weight: weightOf(memory.buffer, request, example.row) };
  });
  const results = shardGradient(context, parameters, { examples, isTraining: true }, dParameters);
  packTo(context, new Float32Array(dParameters), gradientOffset);
  return sumsOf(context, request, results);
}

/** Example by example, so that no more than one is in memory. */
function evaluate(context: EngineContext, batch: ExampleBatch) {
  const parameters = new Float64Array(unpacked(context, batch.parametersOffset));
  const results = examplesOf(context, batch).flatMap((example) =>
    shardLosses(context, parameters, { examples: [example], isTraining: false }),
  );
  return sumsOf(context, batch, results);
}

/** The examples of a batch, and which rows of the data set they are. */
function examplesOf({ network, memory }: EngineContext, batch: ExampleBatch) {
  const indices = new Uint32Array(memory.buffer, batch.indicesOffset, batch.count);
  return Array.from(indices, (row) => ({
    row,
    input: readInput(memory.buffer, batch, row, sizeOf(network.input)),
    target: readTarget(memory.buffer, batch, row, network.classes),
  }));
}

/** Writes the predictions of a batch and sums up. */
function sumsOf({ network, memory }: EngineContext, batch: ExampleBatch, results: readonly LossResult[]) {
  const { classes } = network;
  const predictions = new Float32Array(memory.buffer, batch.predictionsOffset, batch.count * classes);
  const sums = { loss: 0, correct: 0 };
  for (const [i, result] of results.entries()) {
    predictions.set(result.predictions, i * classes);
    sums.loss += result.loss;
    if (result.correct) sums.correct++;
  }
  return sums;
}

/** Row `row` of the inputs as float64; a uint8 value stands for the float32 nearest to value / 255. */
function readInput(buffer: ArrayBufferLike, batch: ExampleBatch, row: number, size: number): Float64Array {
  if (batch.inputType === 'float32')
    return new Float64Array(new Float32Array(buffer, batch.inputsOffset + row * size * 4, size));
  const bytes = new Uint8Array(buffer, batch.inputsOffset + row * size, size);
  return Float64Array.from(bytes, (value) => Math.fround(value / 255));
}

const readTarget = (buffer: ArrayBufferLike, batch: ExampleBatch, row: number, size: number): Target =>
  batch.targetType === 'class'
    ? new Uint32Array(buffer, batch.targetsOffset + row * 4, 1)[0]
    : new Float64Array(new Float32Array(buffer, batch.targetsOffset + row * size * 4, size));

const weightOf = (buffer: ArrayBufferLike, { weightsOffset }: GradientRequest, row: number): number =>
  weightsOffset === undefined ? 1 : new Float32Array(buffer, weightsOffset + row * 4, 1)[0];

/** Natural order, but that what no gradient moves begins on a cache line, as the update wants it. */
function placesOf({ parameterCount, stateCount }: Network) {
  const trained = parameterCount - stateCount;
  if (stateCount === 0) return { trained, stateStart: trained, floats: trained, stateFloats: 0 };
  const [stateStart, stateFloats] = [roundUp(trained), roundUp(stateCount)];
  return { trained, stateStart, floats: stateStart + stateFloats, stateFloats };
}

const roundUp = (floats: number): number => Math.ceil(floats / 16) * 16;

/** @param natural [network.parameterCount] */
function packTo({ network, memory }: EngineContext, natural: Float32Array, offset: number): void {
  const { trained, stateStart, floats } = placesOf(network);
  const packed = new Float32Array(memory.buffer, offset, floats).fill(0);
  packed.set(natural.subarray(0, trained));
  packed.set(natural.subarray(trained), stateStart);
}

/** @returns [network.parameterCount] a copy in natural order */
function unpacked({ network, memory }: EngineContext, offset: number): Float32Array {
  const { parameterCount, stateCount } = network;
  const { trained, stateStart, floats } = placesOf(network);
  const packed = new Float32Array(memory.buffer, offset, floats);
  const natural = new Float32Array(parameterCount);
  natural.set(packed.subarray(0, trained));
  natural.set(packed.subarray(stateStart, stateStart + stateCount), trained);
  return natural;
}

const naturalAt = ({ network, memory }: EngineContext, offset: number) =>
  new Float32Array(memory.buffer, offset, network.parameterCount);
