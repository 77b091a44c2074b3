import { type InputArray, type InputType, inputArrays } from '../../data/input-type.ts';
import { arithmeticOf, instantiateKernels } from '../../kernels/kernel-module.ts';
import { traceKernels } from '../../kernels/trace-kernels.ts';
import { keyOf } from '../../random.ts';
import type {
  Engine,
  EngineContext,
  EngineFactory,
  EnginePlan,
  ExampleBatch,
  GradientRequest,
} from '../engine.ts';
import { constrainedBy, constraintsOf, dividing } from './constraints.ts';
import { createLoss, rowOf } from './loss.ts';
import {
  addressOf,
  type Pass,
  type PassShard,
  type Tensor,
  type WeightGradient,
} from './operation/operation.ts';
import { pack, unpack } from './operation/packing.ts';
import { supports } from './operation/supports.ts';
import { penaltiesOf } from './penalties.ts';
import { compile, type Program } from './program/program.ts';
import { runBackward, runForward } from './program/run-program.ts';
import { traceProgram } from './trace.ts';

/** The embedded engine: SIMD WebAssembly over planned memory. */
export const wasmEngine: EngineFactory = {
  name: 'wasm',
  startsAlone: false,
  supports,
  plan(context) {
    const { packing, arena, batch, derived, ways, weightGradients } = compile(context.network, context, {
      arena: 0,
      batch: 0,
    });
    constraintsOf(packing, arena);
    return {
      parameterFloats: packing.floats,
      slotFloats: packing.slotFloats,
      stateFloats: packing.stateFloats,
      constantFloats: packing.constantFloats,
      weights: packing.places,
      derivedFloats: derived.floats(),
      batchBytes: batch.end(),
      arenaBytes: arena.end(),
      arithmetic: arithmeticOf(context.kernels),
      ways,
      ...largestGroup(weightGradients),
      ...batchRegions(weightGradients),
    };
  },
  async load() {},
  create: createWasmEngine,
};

/** See EnginePlan. */
function largestGroup(gradients: readonly WeightGradient[]): Pick<EnginePlan, 'largestGroup'> {
  const [largest] = gradients
    .map(({ layer, groupShards: shards = 1 }) => ({ layer, shards }))
    .sort((a, b) => b.shards - a.shards);
  return largest === undefined || largest.shards === 1 ? {} : { largestGroup: largest };
}

/** See EnginePlan. */
function batchRegions(gradients: readonly WeightGradient[]): Pick<EnginePlan, 'batchRegions'> {
  const all = gradients.flatMap(({ regions }) => (regions === undefined ? [] : [regions]));
  return all.length === gradients.length && all.length > 0 ? { batchRegions: all.flat() } : {};
}

export function createWasmEngine(context: EngineContext): Engine {
  const { network, memory, trace } = context;
  const compiled = compile(network, context, { arena: context.arenaOffset, batch: context.batchOffset });
  const constraints = constraintsOf(compiled.packing, compiled.arena);
  compiled.arena.makeReady(memory);
  const program = trace === undefined ? compiled : traceProgram(compiled, trace);
  const kernels = instantiateKernels(context.kernels, memory);
  const pass: Pass = {
    kernels: trace === undefined ? kernels : traceKernels(kernels, trace),
    ints: new Int32Array(memory.buffer),
    floats: new Float32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
    key: keyOf(context.seed),
    training: false,
    step: 0,
    position: 0,
    parameters: 0,
    shards: [],
  };
  const floats = (offset: number, count: number) => new Float32Array(memory.buffer, offset, count);
  const { packing } = program;
  const penalties = penaltiesOf(packing);
  const divide = dividing(network, packing, constraints);
  const computeLoss = createLoss(context, program, pass);
  return {
    gradient(request) {
      for (const { count, gradientOffset } of request.shards)
        if (count === 0) floats(gradientOffset, packing.slotFloats).fill(0);
      startTraining(pass, request);
      forward(program, pass, request);
      let first = 0;
      const sums = request.shards.map(({ count }) => {
        first += count;
        return computeLoss(request, first - count, count);
      });
      if (request.count > 0) runBackward(program, pass, request.count);
      for (const shard of pass.shards) penalties.addToSlot(kernels, pass.parameters, shard);
      const penalty = penalties.value(kernels, pass.parameters);
      return sums.map((sum, place) => ({
        ...sum,
        loss: sum.loss + penalty * request.shards[place].count,
      }));
    },
    evaluate(batch, counts = [batch.count]) {
      pass.training = false;
      pass.parameters = batch.parametersOffset;
      forward(program, pass, batch);
      let first = 0;
      return counts.map((count) => {
        first += count;
        return computeLoss(batch, first - count, count);
      });
    },
    sumDeferred(request, apply) {
      for (const gradient of program.weightGradients) {
        const own = divide(gradient.layer, request);
        if (own !== undefined) gradient.sum(pass, own, apply);
      }
    },
    addPenalties(block, batch) {
      penalties.addToBlock(kernels, batch, block);
    },
    constraints: constrainedBy(constraints, pass),
    derivations: program.derived.derivations.map((derivation) => ({
      ...derivation,
      derive: (parameters) => derivation.derive(pass.kernels, parameters),
    })),
    pack(naturalOffset, packedOffset) {
      pack(packing, floats(naturalOffset, network.parameterCount), floats(packedOffset, packing.floats));
    },
    unpack(packedOffset, naturalOffset) {
      unpack(packing, floats(packedOffset, packing.floats), floats(naturalOffset, network.parameterCount));
    },
  };
}

function startTraining(pass: Pass, request: GradientRequest): void {
  pass.training = true;
  pass.step = request.step;
  pass.position = request.position;
  pass.parameters = request.parametersOffset;
  let first = 0;
  const shards: PassShard[] = [];
  for (const shard of request.shards) {
    const { index, count, gradientOffset } = shard;
    if (count > 0) shards.push({ index, first, batchFirst: shard.first, count, gradient: gradientOffset });
    first += count;
  }
  pass.shards = shards;
}

/** The logits of all examples of a call. An example's inputs lie one behind the other. */
function forward(program: Program, pass: Pass, batch: ExampleBatch): void {
  const { kernels, floats, bytes } = pass;
  const { inputs, stagedBytes } = program;
  const { inputsMemory = bytes.buffer, inputsOffset } = batch;
  const given = valuesFrom(inputsMemory, inputsOffset, batch.inputType);
  const width = inputs.reduce((sum, { size }) => sum + size, 0);
  const read = ({ size }: Tensor, target: number, from: number) => {
    const values = given.subarray(from, from + size);
    if (batch.inputType !== 'uint8') {
      floats.set(values, target / 4);
      return;
    }
    const staged = stagedBytes();
    bytes.set(values, staged);
    kernels.readUint8(staged, target, size);
  };
  runForward(program, pass, batch.count, (example) => {
    let from = rowOf(pass, batch, example) * width;
    for (const input of inputs) {
      read(input, addressOf(input, example), from);
      from += input.size;
    }
  });
}

/** Whole values: behind them the memory may end anywhere. */
function valuesFrom(memory: ArrayBufferLike, offset: number, type: InputType): InputArray {
  const Kind: {
    readonly BYTES_PER_ELEMENT: number;
    new (memory: ArrayBufferLike, offset: number, length: number): InputArray;
  } = inputArrays[type];
  return new Kind(memory, offset, Math.floor((memory.byteLength - offset) / Kind.BYTES_PER_ELEMENT));
}
