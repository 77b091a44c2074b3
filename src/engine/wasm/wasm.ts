import { keyOf } from '../../random.ts';
import type { Engine, EngineContext, EngineFactory, ExampleBatch, GradientRequest } from '../engine.ts';
import { arithmeticOf, instantiateKernels } from './kernel-module.ts';
import { createLoss, rowOf } from './loss.ts';
import { addressOf, type Pass, type PassShard } from './operation.ts';
import { pack, unpack } from './packing.ts';
import { compile, type Program } from './program.ts';
import { runBackward, runForward } from './run-program.ts';
import { supports } from './supports.ts';
import { traceKernels, traceProgram } from './trace.ts';

/** The embedded engine: SIMD WebAssembly over planned memory. */
export const wasmEngine: EngineFactory = {
  name: 'wasm',
  startsAlone: false,
  supports,
  plan(context) {
    const { packing, arena, batch, derived, ways } = compile(context.network, context, {
      arena: 0,
      batch: 0,
    });
    return {
      parameterFloats: packing.floats,
      slotFloats: packing.slotFloats,
      stateFloats: packing.stateFloats,
      constantFloats: packing.constantFloats,
      derivedFloats: derived.floats(),
      batchBytes: batch.end(),
      arenaBytes: arena.end(),
      arithmetic: arithmeticOf(context.kernels),
      ways,
    };
  },
  async load() {},
  create: createWasmEngine,
};

function createWasmEngine(context: EngineContext): Engine {
  const { network, memory } = context;
  const { trace } = context;
  const compiled = compile(network, context, { arena: context.arenaOffset, batch: context.batchOffset });
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
      return sums;
    },
    evaluate(batch) {
      pass.training = false;
      pass.parameters = batch.parametersOffset;
      forward(program, pass, batch);
      return computeLoss(batch, 0, batch.count);
    },
    sumDeferred(request, apply) {
      for (const gradient of program.weightGradients) gradient.sum(pass.kernels, pass.ints, request, apply);
    },
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

/** The logits of all examples of a call. */
function forward(program: Program, pass: Pass, batch: ExampleBatch): void {
  const { kernels, bytes } = pass;
  const { input } = program;
  runForward(program, pass, batch.count, (example) => {
    const target = addressOf(input, example);
    const row = rowOf(pass, batch, example);
    if (batch.inputType === 'uint8')
      kernels.readUint8(batch.inputsOffset + row * input.size, target, input.size);
    else {
      const source = batch.inputsOffset + row * input.size * 4;
      bytes.copyWithin(target, source, source + input.size * 4);
    }
  });
}
