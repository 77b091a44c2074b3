import { sizeOf } from '../model/network.ts';
import { dropoutKeeps } from '../random.ts';
import type { EngineContext, EngineFactory, ExampleBatch, GradientRequest } from './engine.ts';
import { type Example, exampleGradient, exampleLoss } from './reference/example.ts';
import type { SoftmaxCrossEntropy } from './reference/softmax-cross-entropy.ts';

/**
 * Plain loops in float64, one example after the other; only what leaves a call (probabilities, the gradient sum)
 * is rounded to float32. Slow and obvious: the oracle of the tests. Parameters stay in natural order.
 */
export const referenceEngine: EngineFactory = {
  name: 'reference',
  plan: ({ network }) => ({
    parameterFloats: network.parameterCount,
    slotFloats: network.parameterCount,
    copyFloats: 0,
    batchBytes: 0,
    arenaBytes: 0,
    arithmetic: { kernels: 'reference-1', multiplyAdd: 'separate' },
  }),
  create: (context) => ({
    gradient: (request) => gradient(context, request),
    evaluate: (batch) => evaluate(context, batch),
    sumDeferred: () => {},
    copy: () => {},
    pack: (naturalOffset, packedOffset) => copyParameters(context, naturalOffset, packedOffset),
    unpack: (packedOffset, naturalOffset) => copyParameters(context, packedOffset, naturalOffset),
  }),
};

/** Shard by shard. */
function gradient(context: EngineContext, request: GradientRequest) {
  let first = 0;
  return request.shards.map(({ count, gradientOffset }) => {
    const indicesOffset = request.indicesOffset + first * 4;
    const probabilitiesOffset = request.probabilitiesOffset + first * context.network.classes * 4;
    const position = request.position + first;
    first += count;
    return shardGradient(
      context,
      { ...request, indicesOffset, probabilitiesOffset, position, count },
      gradientOffset,
    );
  });
}

function shardGradient(context: EngineContext, request: GradientRequest, gradientOffset: number) {
  const { network, seed } = context;
  const parameters = new Float64Array(parametersAt(context, request.parametersOffset));
  const dParameters = new Float64Array(network.parameterCount);
  const sums = forEachExample(context, request, (example, i) => {
    const position = request.position + i;
    const keeps: Example['keeps'] = ({ index, rate }, element) =>
      dropoutKeeps(seed, request.step, index, position, element, rate);
    return exampleGradient(network, parameters, { ...example, keeps }, dParameters);
  });
  parametersAt(context, gradientOffset).set(dParameters);
  return sums;
}

function evaluate(context: EngineContext, batch: ExampleBatch) {
  const parameters = new Float64Array(parametersAt(context, batch.parametersOffset));
  return forEachExample(context, batch, (example) => exampleLoss(context.network, parameters, example));
}

/** Reads each example, writes its probabilities and sums up. */
function forEachExample(
  { network, memory }: EngineContext,
  batch: ExampleBatch,
  compute: (example: Example, i: number) => SoftmaxCrossEntropy,
) {
  const { classes } = network;
  const indices = new Uint32Array(memory.buffer, batch.indicesOffset, batch.count);
  const probabilities = new Float32Array(memory.buffer, batch.probabilitiesOffset, batch.count * classes);
  const sums = { loss: 0, correct: 0 };
  for (const [i, row] of indices.entries()) {
    const label = new Uint32Array(memory.buffer, batch.labelsOffset + row * 4, 1)[0];
    const input = readInput(memory.buffer, batch, row, sizeOf(network.input));
    const result = compute({ input, label }, i);
    probabilities.set(result.probabilities, i * classes);
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

const parametersAt = ({ network, memory }: EngineContext, offset: number) =>
  new Float32Array(memory.buffer, offset, network.parameterCount);

function copyParameters(context: EngineContext, from: number, to: number): void {
  parametersAt(context, to).set(parametersAt(context, from));
}
