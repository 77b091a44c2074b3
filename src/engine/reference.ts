import { sizeOf } from '../model/network.ts';
import { dropoutKeeps } from '../random.ts';
import type { EngineContext, EngineFactory, ExampleBatch, GradientRequest } from './engine.ts';
import { type Example, exampleGradient, exampleLoss } from './reference/example.ts';
import type { LossResult, Target } from './reference/loss.ts';

/**
 * Plain loops in float64, one example after the other; only what leaves a call (probabilities, the gradient sum)
 * is rounded to float32. Slow and obvious: the oracle of the tests. Parameters stay in natural order.
 */
export const referenceEngine: EngineFactory = {
  name: 'reference',
  startsAlone: false,
  plan: ({ network }) => ({
    parameterFloats: network.parameterCount,
    slotFloats: network.parameterCount,
    stateFloats: 0,
    derivedFloats: 0,
    batchBytes: 0,
    arenaBytes: 0,
    arithmetic: { kernels: 'reference-1', multiplyAdd: 'separate' },
  }),
  create: (context) => ({
    gradient: (request) => gradient(context, request),
    evaluate: (batch) => evaluate(context, batch),
    sumDeferred: () => {},
    derivations: [],
    pack: (naturalOffset, packedOffset) => copyParameters(context, naturalOffset, packedOffset),
    unpack: (packedOffset, naturalOffset) => copyParameters(context, packedOffset, naturalOffset),
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
    return shardGradient(
      context,
      { ...request, indicesOffset, predictionsOffset, position, count },
      gradientOffset,
    );
  });
}

function shardGradient(context: EngineContext, request: GradientRequest, gradientOffset: number) {
  const { network, memory, seed } = context;
  const parameters = new Float64Array(parametersAt(context, request.parametersOffset));
  const dParameters = new Float64Array(network.parameterCount);
  const sums = forEachExample(context, request, (example, i, row) => {
    const position = request.position + i;
    const keeps: Example['keeps'] = ({ index, rate }, element) =>
      dropoutKeeps(seed, request.step, index, position, element, rate);
    const weight = weightOf(memory.buffer, request, row);
    return exampleGradient(context, parameters, { ...example, keeps, weight }, dParameters);
  });
  parametersAt(context, gradientOffset).set(dParameters);
  return sums;
}

function evaluate(context: EngineContext, batch: ExampleBatch) {
  const parameters = new Float64Array(parametersAt(context, batch.parametersOffset));
  return forEachExample(context, batch, (example) => exampleLoss(context, parameters, example));
}

/** Reads each example, writes its predictions and sums up. */
function forEachExample(
  { network, memory }: EngineContext,
  batch: ExampleBatch,
  compute: (example: Example, i: number, row: number) => LossResult,
) {
  const { classes } = network;
  const indices = new Uint32Array(memory.buffer, batch.indicesOffset, batch.count);
  const predictions = new Float32Array(memory.buffer, batch.predictionsOffset, batch.count * classes);
  const sums = { loss: 0, correct: 0 };
  for (const [i, row] of indices.entries()) {
    const target = readTarget(memory.buffer, batch, row, classes);
    const input = readInput(memory.buffer, batch, row, sizeOf(network.input));
    const result = compute({ input, target }, i, row);
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

const parametersAt = ({ network, memory }: EngineContext, offset: number) =>
  new Float32Array(memory.buffer, offset, network.parameterCount);

function copyParameters(context: EngineContext, from: number, to: number): void {
  parametersAt(context, to).set(parametersAt(context, from));
}
