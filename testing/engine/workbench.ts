import type { InputType, TargetType } from '../../src/data/input-type.ts';
import type {
  Engine,
  EngineFactory,
  EnginePlan,
  ExampleBatch,
  ExampleSums,
  GradientBlock,
  ShardRequest,
} from '../../src/engine/engine.ts';
import type { ModelLoss } from '../../src/loss/loss.ts';
import { classifierLoss } from '../../src/loss/loss-of.ts';
import { outputEnds } from '../../src/model/ends.ts';
import { type Network, outputRows } from '../../src/model/network.ts';
import { sizeOf } from '../../src/shape.ts';
import { inputsOf, integers, parametersFor, uniform } from './values.ts';

/** Of one call. */
const mostShards = 3;

/** Rows in the workbench's data set. */
export const rows = 9;

export interface WorkbenchOptions {
  readonly factory: EngineFactory;
  readonly kernels: WebAssembly.Module;
  readonly network: Network;
  /** The model's Keras-style configuration, for engines that take that. */
  readonly topology?: object;
  readonly maxExamples: number;
  readonly inputType?: InputType;
  /** Whether the inputs lie in a memory of their own. */
  readonly isApart?: boolean;
  readonly seed?: number;
  /** Default: a classifier's. */
  readonly loss?: ModelLoss;
  readonly targetType?: TargetType;
}

/** Which examples, in which order; which coordinates of the masks; which of the engines. */
export interface Call {
  readonly indices: readonly number[];
  readonly step?: number;
  readonly position?: number;
  readonly engine?: 0 | 1;
  /** How many of the examples each shard has, three shards at most. Default: all in one. */
  readonly counts?: readonly number[];
  readonly parameters?: Float32Array;
  /** Whether the examples have weights. */
  readonly weighted?: boolean;
}

/** Sums, probabilities and gradient are those of the first shard, or of the evaluation. */
export interface Outcome extends ExampleSums {
  /** Of every shard, or of each of the parts that an evaluation was asked for. */
  readonly sums: readonly ExampleSums[];
  /** Of every shard; empty where only evaluated. */
  readonly shards: readonly (ExampleSums & { readonly packedGradient: Float32Array })[];
  /** [count, classes] */
  readonly predictions: Float32Array;
  /** [parameterFloats] in the engine's order, and [parameterCount] in natural order; empty where only evaluated. */
  readonly packedGradient: Float32Array;
  readonly gradient: Float32Array;
  /** The first addresses that changed outside of what the call may write. */
  readonly strayWrites: readonly number[];
}

export interface Workbench {
  readonly plan: EnginePlan;
  readonly seed: number;
  /** [parameterCount] natural order */
  readonly parameters: Float32Array;
  /** [rows, ...network.input] as the engine is to understand them. */
  readonly inputs: Float32Array;
  readonly loss: ModelLoss;
  /** [rows] class numbers (of an output of several rows, one for each of these), or [rows, classes] values from 0 to 1. */
  readonly targets: Uint32Array | Float32Array;
  /** [rows, outputs] */
  readonly weights: Float32Array;
  gradient(call: Call): Outcome;
  evaluate(call: Call): Outcome;
  /** @param packed [parameterFloats] @returns what its constraints make of it */
  constrain(packed: Float32Array): Float32Array;
  readonly constraints: Engine['constraints'];
  /** The blocks of a part of the deferred gradients of the examples of the last call. */
  deferredBlocks(part: number, parts: number): GradientBlock[];
  /** [parameterFloats] */
  pack(natural: Float32Array): Float32Array;
  /** [parameterCount] */
  unpack(packed: Float32Array): Float32Array;
}

/**
 * Two engines of one factory in one memory, each with an arena of its own, on a seeded data set. Everything that
 * is not data is filled with a NaN of a rare bit pattern: reading what was never written spoils a result, and
 * writing where nothing may be written shows.
 */
export function workbench(options: WorkbenchOptions): Workbench {
  const {
    factory,
    network,
    maxExamples,
    kernels,
    inputType = 'float32',
    isApart = false,
    seed = 42,
  } = options;
  const { loss = classifierLoss, targetType = 'class', topology = {} } = options;
  const sizes = { network, maxExamples, batchSize: maxExamples, shards: mostShards, loss, kernels };
  const plan = factory.plan(sizes);
  const at = layOut(network, plan, maxExamples);
  fill(zoneStart, (at.end - zoneStart) / 4);

  const { stored, inputs } = inputsFor(network, inputType);
  const targets = targetsFor(network, targetType);
  const weights = uniform(6, rows * outputEnds(network).length, 0.5, 2);
  const apart = isApart ? apartOf(stored) : {};
  for (const [address, { buffer }] of [
    ...(isApart ? [] : [[at.inputs, stored] as const]),
    [at.targets, targets],
    [at.weights, weights],
  ] as const)
    bytesAt(address, buffer.byteLength).set(new Uint8Array(buffer));
  const parameters = parametersFor(network);
  const create = (arenaOffset: number) =>
    factory.create({ ...sizes, topology, memory, arenaOffset, batchOffset: at.batch, seed });
  const engines = at.arenas.map(create);
  const bench = { network, maxExamples, inputType, apart, targetType, plan, at, parameters, engines };
  return {
    plan,
    seed,
    parameters,
    inputs,
    loss,
    targets,
    weights,
    gradient: (call) => run(bench, call, true),
    evaluate: (call) => run(bench, call, false),
    constrain(packed) {
      floatsAt(at.packed, packed.length).set(packed);
      for (const { constrain } of engines[0].constraints) constrain(at.packed);
      return floatsAt(at.packed, packed.length).slice();
    },
    constraints: engines[0].constraints,
    deferredBlocks(part, parts) {
      const blocks: GradientBlock[] = [];
      const shards = [{ index: 0, first: 0, count: maxExamples }];
      const request = { shards, parametersOffset: at.parameters, part, parts };
      engines[0].sumDeferred(request, (block) => void blocks.push(block));
      return blocks;
    },
    pack: (natural) => pack(bench, natural, at.packed),
    unpack: (packed) => unpack(bench, packed),
  };
}

interface Bench {
  readonly network: Network;
  readonly maxExamples: number;
  readonly inputType: InputType;
  /** Where the inputs lie, where not in the memory. */
  readonly apart: Partial<Pick<ExampleBatch, 'inputsOffset' | 'inputsMemory'>>;
  readonly targetType: TargetType;
  readonly plan: EnginePlan;
  readonly at: ReturnType<typeof layOut>;
  readonly parameters: Float32Array;
  readonly engines: readonly Engine[];
}

function run(bench: Bench, call: Call, isGradient: boolean): Outcome {
  const { network, plan, at } = bench;
  const { indices, step = 1, position = 0, engine = 0 } = call;
  prepare(bench, call);
  const before = bytesAt(zoneStart, at.end - zoneStart).slice();
  const batch = {
    indicesOffset: at.indices,
    count: indices.length,
    inputsOffset: at.inputs,
    ...bench.apart,
    inputType: bench.inputType,
    targetsOffset: at.targets,
    targetType: bench.targetType,
    parametersOffset: at.parameters,
    predictionsOffset: at.predictions,
  };
  const weights = call.weighted ? { weightsOffset: at.weights } : {};
  const { counts: parts = [indices.length] } = call;
  const counts = isGradient ? parts : [];
  const requests = counts.map((count, index) => {
    const first = counts.slice(0, index).reduce((sum, examples) => sum + examples, 0);
    return { index, first, count, gradientOffset: at.gradients[index] };
  });
  const sums = isGradient
    ? bench.engines[engine].gradient({ ...batch, ...weights, step, position, shards: requests })
    : bench.engines[engine].evaluate(batch, parts);
  const packed = requests.map((_, shard) => gradientOf(bench, requests, shard, engine));
  const strayWrites = changesOutside(before, [
    [at.arenas[engine], plan.arenaBytes],
    [at.batch, plan.batchBytes],
    [at.predictions, indices.length * network.classes * 4],
    ...requests.map(({ gradientOffset }): Region => [gradientOffset, plan.slotFloats * 4]),
  ]);
  const predictions = floatsAt(at.predictions, indices.length * network.classes).slice();
  const shards = packed.map((packedGradient, shard) => ({ ...sums[shard], packedGradient }));
  const packedGradient = packed[0] ?? new Float32Array();
  const gradient = isGradient ? unpack(bench, packedGradient) : packedGradient;
  return { ...sums[0], sums, shards, predictions, packedGradient, gradient, strayWrites };
}

/**
 * A shard's gradient: what is in its slot, and the deferred gradients of a batch whose other shards are empty, in two
 * parts, of which the second is computed first. [parameterFloats]
 */
function gradientOf(
  { plan, at, engines }: Bench,
  requests: readonly ShardRequest[],
  shard: number,
  engine: 0 | 1,
): Float32Array {
  const gradient = new Float32Array(plan.parameterFloats).fill(Number.NaN);
  gradient.set(floatsAt(requests[shard].gradientOffset, plan.slotFloats));
  gradient.fill(0, plan.parameterFloats - plan.constantFloats);
  const shards = at.gradients.map((_, index) => ({
    index,
    first: requests[index]?.first ?? 0,
    count: index === shard ? requests[index].count : 0,
  }));
  for (const part of [1, 0])
    engines[engine].sumDeferred({ shards, part, parts: 2 }, (block) => {
      engines[engine].addPenalties(block, {
        examples: requests[shard].count,
        parametersOffset: at.parameters,
      });
      gradient.set(floatsAt(block.sum, block.floats), block.first);
    });
  return gradient;
}

/** Puts parameters and indices in their places and garbage where the engine is to write. */
function prepare(bench: Bench, { indices, parameters, engine }: Call): void {
  const { network, plan, at, maxExamples } = bench;
  pack(bench, parameters ?? bench.parameters, at.parameters, engine);
  for (const { derive } of bench.engines[engine ?? 0].derivations) derive(at.parameters);
  for (const gradient of at.gradients) fill(gradient, plan.slotFloats);
  fill(at.predictions, maxExamples * network.classes);
  fill(at.indices, maxExamples);
  new Uint32Array(memory.buffer, at.indices, indices.length).set(indices);
}

function pack(bench: Bench, natural: Float32Array, packedOffset: number, engine = 0): Float32Array {
  fill(packedOffset, bench.plan.parameterFloats);
  floatsAt(bench.at.natural, natural.length).set(natural);
  bench.engines[engine].pack(bench.at.natural, packedOffset);
  return floatsAt(packedOffset, bench.plan.parameterFloats).slice();
}

function unpack({ network, at, engines }: Bench, packed: Float32Array): Float32Array {
  floatsAt(at.packed, packed.length).set(packed);
  fill(at.natural, network.parameterCount);
  engines[0].unpack(at.packed, at.natural);
  return floatsAt(at.natural, network.parameterCount).slice();
}

/** Of the first MiB, where kernels keep static data, nothing is used here. */
const zoneStart = 2 ** 20;
const pages = 4096;
/** One for all workbenches: each WebAssembly memory reserves gigabytes of address space. */
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
/** As a float32: a NaN that no operation makes from numbers. */
const guardPattern = 0x7fc5a5a5;
const guardBytes = 256;

type Region = readonly [offset: number, byteLength: number];

/** Regions at multiples of 64 bytes, with a guard band behind each. */
function layOut(network: Network, plan: EnginePlan, maxExamples: number) {
  let end = zoneStart + guardBytes;
  const region = (byteLength: number): number => {
    const offset = end;
    end += Math.ceil(byteLength / 64) * 64 + guardBytes;
    if (end > memory.buffer.byteLength)
      throw new Error(`The workbench's memory is too small for ${end} bytes`);
    return offset;
  };
  const at = {
    natural: region(network.parameterCount * 4),
    packed: region(plan.parameterFloats * 4),
    parameters: region(bytesOf(plan)),
    batch: region(plan.batchBytes),
    indices: region(maxExamples * 4),
    inputs: region(rows * sizeOf(network.input) * 4),
    targets: region(rows * network.classes * 4),
    weights: region(rows * outputEnds(network).length * 4),
    arenas: [region(plan.arenaBytes), region(plan.arenaBytes)],
    predictions: region(maxExamples * network.classes * 4),
    gradients: Array.from({ length: mostShards }, () => region(plan.slotFloats * 4)),
  };
  return { ...at, end };
}

function inputsFor(network: Network, inputType: InputType) {
  const size = rows * sizeOf(network.input);
  const floats = inputsOf(network, 2, rows);
  if (inputType === 'float32') return { stored: floats, inputs: floats };
  if (inputType === 'int32') {
    const words = Int32Array.from(integers(4, size, 7), (value) => value - 3);
    return { stored: words, inputs: Float32Array.from(words) };
  }
  const bytes = Uint8Array.from(integers(4, size, 256));
  return { stored: bytes, inputs: Float32Array.from(bytes, (value) => value / 255) };
}

/** A copy between a few other bytes. */
function apartOf({ buffer, byteLength }: ArrayBufferView): Bench['apart'] {
  const inputsOffset = 8;
  const inputsMemory = new SharedArrayBuffer(inputsOffset + byteLength + 3);
  new Uint8Array(inputsMemory, inputsOffset).set(new Uint8Array(buffer));
  return { inputsMemory, inputsOffset };
}

function targetsFor(network: Network, targetType: TargetType): Uint32Array | Float32Array {
  const [each, { classes }] = [outputRows(network), network];
  return targetType === 'class'
    ? Uint32Array.from(integers(3, rows * each, classes / each))
    : uniform(5, rows * classes, 0, 1);
}

/** The addresses of bytes that differ from `before`, outside of `writable`. */
function changesOutside(before: Uint8Array, writable: readonly Region[]): number[] {
  const after = bytesAt(zoneStart, before.length).slice();
  for (const [offset, byteLength] of writable) {
    const start = offset - zoneStart;
    after.set(before.subarray(start, start + byteLength), start);
  }
  const changed: number[] = [];
  if (Buffer.compare(before, after) !== 0)
    for (let i = 0; i < after.length && changed.length < 20; i++)
      if (after[i] !== before[i]) changed.push(i + zoneStart);
  return changed;
}

/** Of a parameter buffer. */
const bytesOf = ({ parameterFloats, derivedFloats }: EnginePlan): number =>
  (parameterFloats + derivedFloats) * 4;
const bytesAt = (offset: number, length: number) => new Uint8Array(memory.buffer, offset, length);
const floatsAt = (offset: number, length: number) => new Float32Array(memory.buffer, offset, length);
const fill = (offset: number, words: number) =>
  new Uint32Array(memory.buffer, offset, words).fill(guardPattern);
