import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EngineFactory } from '../../src/engine/engine.ts';
import { shardGradient } from '../../src/engine/reference/shard.ts';
import { lossNames } from '../../src/loss/loss.ts';
import { type Layer, type Network, outputRows } from '../../src/model/network.ts';
import { layerWord } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';
import { reasonAgainst } from '../../src/worker/engines/choose-engine.ts';
import { dense, network, sigmoid, tanh } from '../../testing/engine/network-builder.ts';
import { miniMnist, networks, shardNetworks, tutorialNetwork } from '../../testing/engine/networks.ts';
import { parametersFor, relativeError } from '../../testing/engine/values.ts';
import {
  type Call,
  type Outcome,
  type Workbench,
  type WorkbenchOptions,
  workbench,
} from '../../testing/engine/workbench.ts';

export interface ContractOptions {
  /** Named in the titles. */
  readonly variant?: string;
  /** The compiled kernels that the engine's context asks for. */
  readonly kernels: () => WebAssembly.Module | Promise<WebAssembly.Module>;
  /** Norm-wise relative error against float64 of each tensor's gradient, of the predictions and of the loss. */
  readonly tolerance: number;
  /**
   * An example's predictions alone and among others: the same bits, or, where kernels order their sums by the number
   * of examples, within the tolerance.
   */
  readonly alone?: 'same bits' | 'within tolerance';
  /** Networks in which a NaN does not reach the loss, and why. */
  readonly passesOverNan?: { readonly networks: readonly string[]; readonly why: string };
  /**
   * Of so many networks one is tried in every way, and so are those that pass over NaN; of the others the numbers are
   * compared. Default: all in every way.
   */
  readonly wholeEach?: number;
  /** The Keras-style configuration of a network, for an engine that takes that. */
  readonly topologyOf?: (network: Network) => object;
  /** Why the engine cannot be tried here. */
  readonly missing?: string | undefined;
}

/** What every engine has to do, on every network of the list. */
export function describeEngine(
  factory: EngineFactory,
  {
    variant,
    kernels,
    tolerance,
    alone = 'same bits',
    passesOverNan,
    wholeEach = 1,
    topologyOf = () => ({}),
    missing,
  }: ContractOptions,
): void {
  describe(`the ${factory.name} engine${variant === undefined ? '' : `, ${variant}`}`, () => {
    beforeEach(({ skip }) => skip(missing !== undefined, missing));
    let module: WebAssembly.Module;
    beforeAll(async () => {
      module = await kernels();
    });
    const bench = (network: Network, options: Partial<WorkbenchOptions> = {}) =>
      workbench({
        factory,
        kernels: module,
        network,
        topology: topologyOf(network),
        maxExamples: batch.length,
        ...options,
      });

    const supported = Object.entries({ ...networks, ...shardNetworks }).filter(
      ([, network]) => reasonAgainst(factory, network) === undefined,
    );
    const cases = supported.map(([name, network], index) => [name, network, index] as const);
    describe.for(cases)('%s', ([name, network, index]) => {
      describeNumbers(network, bench, tolerance);
      const losesNan = passesOverNan?.networks.includes(name) ? passesOverNan.why : undefined;
      if (index % wholeEach === 0 || losesNan !== undefined)
        describeNetwork(network, bench, {
          tolerance,
          alone,
          isOfShards: name in shardNetworks,
          losesNan,
        });
    });
    describe('losses', () => {
      describeLosses(bench, tolerance);
      describeSmoothing(bench, tolerance);
    });
    describe('sizes and coordinates', () => describeOnce(bench, tolerance));
  });
}

type Bench = (network: Network, options?: Partial<WorkbenchOptions>) => Workbench;

/** Rows in no order, one of them twice. */
const batch = [4, 0, 7, 4, 2, 8, 5];

interface NetworkOptions extends Required<Pick<ContractOptions, 'tolerance' | 'alone'>> {
  /** Whether outputs depend on the shard's other examples while training. */
  readonly isOfShards: boolean;
  /** Why a NaN among its parameters does not reach the loss. */
  readonly losesNan: string | undefined;
}

function describeNumbers(network: Network, bench: Bench, tolerance: number): void {
  test('computes loss, predictions and gradient as float64 does', () => {
    for (const inputType of ['float32', 'uint8'] as const) {
      const work = bench(network, { inputType });
      expectFloat64(network, work, { indices: batch, step: 3, position: 20 }, tolerance);
    }
  });
}

function describeNetwork(
  network: Network,
  bench: Bench,
  { tolerance, alone: aloneIs, isOfShards, losesNan }: NetworkOptions,
): void {
  test('writes its arena, the predictions and the gradient, and nothing else', () => {
    const work = bench(network, { maxExamples: batch.length + 2 });
    for (const count of [0, 1, 2, batch.length]) {
      const call = { indices: batch.slice(0, count) };
      expect(work.gradient(call).strayWrites).toEqual([]);
      expect(work.evaluate(call).strayWrites).toEqual([]);
    }
  });

  test('gives an exactly zero gradient for no examples', () => {
    const { loss, correct, packedGradient } = bench(network).gradient({ indices: [] });
    expect({ loss, correct, nonzero: packedGradient.filter((value) => value !== 0).length }).toEqual({
      loss: 0,
      correct: 0,
      nonzero: 0,
    });
  });

  test("computes an example's outputs the same alone and among others", () => {
    const work = bench(network);
    const expectSame = (actual: Float32Array, expected: Float32Array) =>
      aloneIs === 'same bits'
        ? expect(bitsOf(actual)).toEqual(bitsOf(expected))
        : expect(relativeError(actual, expected)).toBeLessThanOrEqual(tolerance);
    const together = work.gradient({ indices: batch, position: 10 });
    const evaluated = work.evaluate({ indices: batch });
    for (const [i, row] of batch.entries()) {
      const of = ({ predictions }: Outcome) =>
        predictions.slice(i * network.classes, (i + 1) * network.classes);
      const alone = work.gradient({ indices: [row], position: 10 + i });
      if (!isOfShards) expectSame(alone.predictions, of(together));
      expectSame(work.evaluate({ indices: [row] }).predictions, of(evaluated));
    }
  });

  test('gives each part of an evaluation the sums that it has in a call of its own', () => {
    const work = bench(network);
    const { sums } = work.evaluate({ indices: batch, counts: [1, batch.length - 1] });
    const alone = [batch.slice(0, 1), batch.slice(1)].map((indices) => work.evaluate({ indices }).sums[0]);
    expect(sums).toEqual(alone);
  });

  test('gives each of several shards the sums and the gradient that it has in a call of its own', () => {
    const work = bench(network);
    const together = work.gradient({ indices: batch, counts: [3, 0, 4], position: 10 });
    expect(together.strayWrites).toEqual([]);
    const parts = [batch.slice(0, 3), [], batch.slice(3)];
    for (const [shard, indices] of parts.entries()) {
      const alone = work.gradient({ indices, position: 10 + (shard === 2 ? 3 : 0) });
      const { loss, correct, packedGradient } = together.shards[shard];
      expect({ loss, correct }).toEqual({ loss: alone.loss, correct: alone.correct });
      expect(bitsOf(packedGradient)).toEqual(bitsOf(alone.packedGradient));
    }
  });

  test('gives the same bits for the same call, whatever was called before and in whichever arena', () => {
    const work = bench(network);
    const call = { indices: batch.slice(0, 5), step: 2, position: 1 };
    const other = { indices: batch, step: 9, parameters: parametersFor(network, 2) };
    const first = work.gradient(call);
    const firstEvaluation = work.evaluate(call);
    for (const engine of [0, 1] as const) {
      work.gradient({ ...other, engine });
      work.evaluate({ ...other, engine, indices: [1] });
      expectSameBits(work.gradient({ ...call, engine }), first);
      expectSameBits(work.gradient(call), first);
      expectSameBits(work.evaluate({ ...call, engine }), firstEvaluation);
    }
    const { plan, gradient } = bench(network, { maxExamples: 31 });
    expect(plan.parameterFloats).toBe(work.plan.parameterFloats);
    expectSameBits(gradient(call), first);
  });

  // With statistics of the shard it computes something else: an evaluation takes their averages.
  if (!isOfShards)
    test('evaluates without dropout, with the bits of a gradient call whose rates are 0', () => {
      const layers = network.layers.map(quiet);
      const call = { indices: batch };
      const evaluated = bench(network).evaluate(call);
      const { loss, correct, predictions } = bench({ ...network, layers }).gradient(call);
      // What penalties add to the loss of training, they do not add to that of an evaluation.
      const penalty = network.parameters.some((parameter) => parameter.penalty !== undefined);
      expect(evaluated).toMatchObject(penalty ? { correct } : { loss, correct });
      expect(bitsOf(evaluated.predictions)).toEqual(bitsOf(predictions));
    });

  test('packs and unpacks without changing a value, and keeps padding zero', () => {
    const work = bench(network);
    const natural = work.parameters;
    const packed = work.pack(natural);
    expect(packed.length).toBeGreaterThanOrEqual(natural.length);
    expect(bitsOf(work.unpack(packed))).toEqual(bitsOf(natural));
    const values = packed.filter((value) => value !== 0);
    expect(bitsOf(values.sort())).toEqual(bitsOf(natural.filter((value) => value !== 0).sort()));
    const { gradient, packedGradient } = work.gradient({ indices: batch });
    expect(positiveZeros(packedGradient)).toEqual(positiveZeros(work.pack(gradient)));
  });

  test('lets a NaN among the parameters reach the loss', ({ skip }) => {
    skip(losesNan !== undefined, losesNan);
    const parameters = parametersFor(network);
    parameters.fill(Number.NaN, 0, network.parameters[0].size);
    const work = bench(network);
    expect(work.gradient({ indices: batch, parameters }).loss).toBeNaN();
    expect(work.evaluate({ indices: batch, parameters }).loss).toBeNaN();
  });
}

/** Without what dropout and noise do. */
function quiet(layer: Layer): Layer {
  if (layer.kind === 'dropout') return { ...layer, rate: 0 };
  if (layer.kind === 'noise') return { ...layer, amount: 0 };
  return 'recurrentDropout' in layer ? { ...layer, dropout: 0, recurrentDropout: 0 } : layer;
}

/** Every loss, with and without a softmax at the end, on an output that it makes sense of. */
function describeLosses(bench: Bench, tolerance: number): void {
  const sparse = lossNames.filter((name) => name.startsWith('sparse') || name.startsWith('softmax'));
  const vectors = lossNames.filter((name) => !name.startsWith('sparse'));
  const cases = [
    ...sparse.map((name) => [name, 'class'] as const),
    ...vectors.map((name) => [name, 'vector'] as const),
  ].flatMap(([name, targetType]) => [true, false].map((softmax) => [name, targetType, softmax] as const));

  test.for(cases.filter(([, , softmax]) => !softmax))(
    'computes %s of a %s for each row of an output as float64 does',
    ([name, targetType]) => {
      const rows = network([3, 4], dense(7), tanh, dense(5), sigmoid);
      const work = bench(rows, { loss: { name, of: 'output' }, targetType });
      for (const weighted of [false, true])
        expectFloat64(rows, work, { indices: batch, weighted }, tolerance);
      expect(work.evaluate({ indices: batch }).loss).toBe(work.gradient({ indices: batch }).loss);
      expect(work.gradient({ indices: batch }).strayWrites).toEqual([]);
    },
  );

  test.for(cases)(
    'computes %s of a %s as float64 does, with a softmax at the end: %s',
    ([name, targetType, softmax]) => {
      // Sigmoids give what every loss can take.
      const positive = network([6], dense(7), tanh, dense(5), sigmoid);
      const trained = { ...positive, endsInSoftmax: softmax };
      const work = bench(trained, { loss: { name, of: 'output' }, targetType });
      for (const weighted of [false, true])
        expectFloat64(trained, work, { indices: batch, weighted }, tolerance);
      const { loss, predictions } = work.gradient({ indices: batch });
      const evaluated = work.evaluate({ indices: batch });
      expect(evaluated.loss).toBe(loss);
      expect(bitsOf(evaluated.predictions)).toEqual(bitsOf(predictions));
      expect(work.gradient({ indices: batch }).strayWrites).toEqual([]);
    },
  );
}

const plain = network([6], dense(7), tanh, dense(5));

/** Each loss that takes it. */
function describeSmoothing(bench: Bench, tolerance: number): void {
  test.for([
    ['softmaxCrossEntropy', 'class'],
    ['sparseCategoricalCrossentropy', 'class'],
    ['categoricalCrossentropy', 'vector'],
    ['sigmoidCrossEntropy', 'vector'],
    ['binaryCrossentropy', 'vector'],
  ] as const)('computes %s of a %s with smooth labels as float64 does', ([name, targetType]) => {
    for (const input of [[6], [3, 4]]) {
      const positive = network(input, dense(7), tanh, dense(5), sigmoid);
      const work = bench(positive, { loss: { name, of: 'output', smoothing: 0.3 }, targetType });
      expectFloat64(positive, work, { indices: batch }, tolerance);
      expect(work.evaluate({ indices: batch }).loss).toBe(work.gradient({ indices: batch }).loss);
    }
  });
}

function describeOnce(bench: Bench, tolerance: number): void {
  test.for([
    { seed: 0, step: 1, position: 0 },
    { seed: 2 ** 32 + 7, step: 2, position: 3 },
    { seed: Number.MAX_SAFE_INTEGER, step: 2 ** 32 - 1, position: 2 ** 24 - 8 },
  ])('draws the dropout masks of seed $seed, step $step, position $position', ({ seed, ...call }) => {
    const work = bench(miniMnist, { seed });
    expectFloat64(miniMnist, work, { indices: batch, ...call }, tolerance);
  });

  test('takes whole numbers as they are', () => {
    const work = bench(plain, { inputType: 'int32' });
    expect(Math.max(...work.inputs)).toBe(3);
    expectFloat64(plain, work, { indices: batch }, tolerance);
  });

  test.for(['uint8', 'int32', 'float32'] as const)(
    'reads inputs of %s where they lie, in a memory of their own',
    (inputType) => {
      const work = bench(plain, { inputType, isApart: true });
      expectFloat64(plain, work, { indices: batch }, tolerance);
      expect(work.gradient({ indices: batch }).strayWrites).toEqual([]);
    },
  );

  test('computes the whole tutorial network as float64 does', () => {
    const network = tutorialNetwork();
    const work = bench(network, { inputType: 'uint8' });
    expectFloat64(network, work, { indices: [3, 0, 6], step: 4, position: 97 }, tolerance);
  });

  test.for([1, 2, 3, 4, 5, 6, 8, 9, 13, 16, 31, 32, 33])('computes %i examples as float64 does', (count) => {
    const indices = Array.from({ length: count }, (_, i) => (i * 5) % 9);
    const work = bench(miniMnist, { maxExamples: count, inputType: 'uint8' });
    expectFloat64(miniMnist, work, { indices }, tolerance);
  });
}

/** Compares one gradient call with the sum over its examples in float64, tensor by tensor. */
function expectFloat64(network: Network, work: Workbench, call: Call, tolerance: number): void {
  const { indices, step = 1, position = 0 } = call;
  const parameters = new Float64Array(work.parameters);
  const gradient = new Float64Array(network.parameterCount);
  const size = sizeOf(network.input);
  const examples = indices.map((row, i) => {
    const input = new Float64Array(work.inputs.subarray(row * size, (row + 1) * size));
    const words = ({ index }: { index: number }, element: number) =>
      layerWord(work.seed, step, index, position + i, element);
    const target = targetOf(work, row, network);
    return { input, target, weights: call.weighted ? [work.weights[row]] : [1], words };
  });
  const results = shardGradient(
    { network, loss: work.loss },
    parameters,
    { examples, isTraining: true },
    gradient,
  );

  const actual = work.gradient(call);
  const loss = results.reduce((sum, result) => sum + result.loss, 0);
  const predictions = results.flatMap((result) => [...result.predictions]);
  expect(relativeError([actual.loss], [loss]), 'loss').toBeLessThanOrEqual(tolerance);
  expect(actual.correct).toBe(results.filter((result) => result.correct).length);
  expect(relativeError(actual.predictions, predictions), 'predictions').toBeLessThanOrEqual(tolerance);
  for (const { name, offset, size } of network.parameters) {
    const error = relativeError(
      actual.gradient.subarray(offset, offset + size),
      gradient.subarray(offset, offset + size),
    );
    expect(error, `gradient of ${name}`).toBeLessThanOrEqual(tolerance);
  }
}

function targetOf({ targets }: Workbench, row: number, network: Network) {
  const [rows, size] = [outputRows(network), network.classes];
  if (!(targets instanceof Uint32Array))
    return new Float64Array(targets.subarray(row * size, (row + 1) * size));
  return rows === 1 ? targets[row] : targets.subarray(row * rows, (row + 1) * rows);
}

function expectSameBits(actual: Outcome, expected: Outcome): void {
  expect({ loss: actual.loss, correct: actual.correct }).toEqual({
    loss: expected.loss,
    correct: expected.correct,
  });
  expect(bitsOf(actual.predictions)).toEqual(bitsOf(expected.predictions));
  expect(bitsOf(actual.gradient)).toEqual(bitsOf(expected.gradient));
}

const bitsOf = (floats: Float32Array): string => Buffer.from(new Float32Array(floats).buffer).toString('hex');

/** 0 for -0: padding may be either. */
const positiveZeros = (floats: Float32Array): Float32Array => floats.map((value) => value + 0);
