import type { EngineFactory, EnginePlan, ExampleSums, InputType } from '../../src/engine/engine.ts';
import { type Network, sizeOf } from '../../src/model/network.ts';
import { integers, parametersFor, uniform } from './values.ts';

/** Rows in the workbench's data set. */
export const rows = 9;

export interface WorkbenchOptions {
  readonly factory: EngineFactory;
  readonly kernels: WebAssembly.Module;
  readonly network: Network;
  readonly maxExamples: number;
  readonly inputType?: InputType;
  readonly seed?: number;
}

/** Which examples, in which order; which coordinates of the masks; which of the engines. */
export interface Call {
  readonly indices: readonly number[];
  readonly step?: number;
  readonly position?: number;
  readonly engine?: 0 | 1;
  readonly parameters?: Float32Array;
}

export interface Outcome extends ExampleSums {
  /** [count, classes] */
  readonly probabilities: Float32Array;
  /** [parameterFloats] in the engine's order, and [parameterCount] in natural order; empty where only evaluated. */
  readonly packedGradient: Float32Array;
  readonly gradient: Float32Array;
  /** Byte offsets of changes outside of what the call may write. */
  readonly strayWrites: readonly number[];
}

export interface Workbench {
  readonly plan: EnginePlan;
  readonly seed: number;
  /** [parameterCount] natural order */
  readonly parameters: Float32Array;
  /** [rows, ...network.input] as the engine is to understand them. */
  readonly inputs: Float32Array;
  /** [rows] */
  readonly labels: Uint32Array;
  gradient(call: Call): Outcome;
  evaluate(call: Call): Outcome;
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
  const { factory, network, maxExamples, kernels, inputType = 'float32', seed = 42 } = options;
  const plan = factory.plan(network, maxExamples, kernels);
  const at = layOut(network, plan, maxExamples);
  const zone = { start: kernelStatics, end: at.end };
  new Uint32Array(memory.buffer, zone.start, (zone.end - zone.start) / 4).fill(guardPattern);

  const parameters = parametersFor(network);
  const data = dataFor(network, inputType);
  bytesAt(at.inputs, data.stored.byteLength).set(new Uint8Array(data.stored.buffer));
  new Uint32Array(memory.buffer, at.labels, rows).set(data.labels);
  const engines = at.arenas.map((arenaOffset) =>
    factory.create({ network, memory, maxExamples, arenaOffset, seed, kernels }),
  );

  const pack = (natural: Float32Array, packedOffset = at.packed, engine = engines[0]) => {
    fill(packedOffset, plan.parameterFloats);
    floatsAt(at.natural, network.parameterCount).set(natural);
    engine.pack(at.natural, packedOffset);
    return floatsAt(packedOffset, plan.parameterFloats).slice();
  };
  const unpack = (packed: Float32Array) => {
    floatsAt(at.packed, plan.parameterFloats).set(packed);
    fill(at.natural, network.parameterCount);
    engines[0].unpack(at.packed, at.natural);
    return floatsAt(at.natural, network.parameterCount).slice();
  };
  const run = (call: Call, isGradient: boolean): Outcome => {
    const { indices, step = 1, position = 0, engine = 0 } = call;
    const count = indices.length;
    pack(call.parameters ?? parameters, at.parameters, engines[engine]);
    fill(at.gradient, plan.parameterFloats);
    fill(at.probabilities, maxExamples * network.classes);
    fill(at.indices, maxExamples);
    new Uint32Array(memory.buffer, at.indices, count).set(indices);
    const before = bytesAt(zone.start, zone.end - zone.start).slice();
    const batch = {
      indicesOffset: at.indices,
      count,
      inputsOffset: at.inputs,
      inputType,
      labelsOffset: at.labels,
      parametersOffset: at.parameters,
      probabilitiesOffset: at.probabilities,
    };
    const sums = isGradient
      ? engines[engine].gradient({ ...batch, step, position, gradientOffset: at.gradient })
      : engines[engine].evaluate(batch);
    const writable: Region[] = [
      [at.arenas[engine], plan.arenaBytes],
      [at.probabilities, count * network.classes * 4],
      [at.gradient, isGradient ? plan.parameterFloats * 4 : 0],
    ];
    const strayWrites = changesOutside(before, zone.start, writable);
    const packedGradient = floatsAt(at.gradient, isGradient ? plan.parameterFloats : 0).slice();
    return {
      ...sums,
      probabilities: floatsAt(at.probabilities, count * network.classes).slice(),
      packedGradient,
      gradient: isGradient ? unpack(packedGradient) : packedGradient,
      strayWrites,
    };
  };
  return {
    plan,
    seed,
    parameters,
    inputs: data.inputs,
    labels: data.labels,
    gradient: (call) => run(call, true),
    evaluate: (call) => run(call, false),
    pack: (natural) => pack(natural),
    unpack,
  };
}

/** Of the first MiB, where kernels keep static data, nothing is used here. */
const kernelStatics = 2 ** 20;
const pages = 4096;
/** One for all workbenches: each WebAssembly memory reserves gigabytes of address space. */
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
/** As a float32: a NaN that no operation makes from numbers. */
const guardPattern = 0x7fc5a5a5;
const guardBytes = 256;

type Region = readonly [offset: number, byteLength: number];

/** Regions at multiples of 64 bytes, with a guard band behind each. */
function layOut(network: Network, plan: EnginePlan, maxExamples: number) {
  let end = kernelStatics + guardBytes;
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
    parameters: region(plan.parameterFloats * 4),
    indices: region(maxExamples * 4),
    inputs: region(rows * sizeOf(network.input) * 4),
    labels: region(rows * 4),
    arenas: [region(plan.arenaBytes), region(plan.arenaBytes)],
    probabilities: region(maxExamples * network.classes * 4),
    gradient: region(plan.parameterFloats * 4),
  };
  return { ...at, end };
}

function dataFor(network: Network, inputType: InputType) {
  const size = rows * sizeOf(network.input);
  const labels = Uint32Array.from(integers(3, rows, network.classes));
  const floats = uniform(2, size, -1, 1);
  if (inputType === 'float32') return { stored: floats, inputs: floats, labels };
  const bytes = Uint8Array.from(integers(4, size, 256));
  return { stored: bytes, inputs: Float32Array.from(bytes, (value) => value / 255), labels };
}

/** The offsets of bytes that differ from `before` (whose first byte lies at `start`), outside of `writable`. */
function changesOutside(before: Uint8Array, start: number, writable: readonly Region[]): number[] {
  const after = bytesAt(start, before.length).slice();
  for (const [offset, byteLength] of writable)
    after.set(before.subarray(offset - start, offset - start + byteLength), offset - start);
  if (Buffer.compare(before, after) === 0) return [];
  return Array.from(after.keys())
    .filter((i) => after[i] !== before[i])
    .map((i) => i + start);
}

const bytesAt = (offset: number, length: number) => new Uint8Array(memory.buffer, offset, length);
const floatsAt = (offset: number, length: number) => new Float32Array(memory.buffer, offset, length);
const fill = (offset: number, words: number) =>
  new Uint32Array(memory.buffer, offset, words).fill(guardPattern);
