import { type Network, sizeOf } from '../../model/network.ts';
import { keyOf } from '../../random.ts';
import type {
  Engine,
  EngineContext,
  EngineFactory,
  ExampleBatch,
  ExampleSums,
  GradientRequest,
} from '../engine.ts';
import { arithmeticOf, instantiateKernels } from './kernels.ts';
import { addressOf, type Pass } from './operation.ts';
import { pack, unpack } from './packing.ts';
import { compile, type Program } from './program.ts';
import { runBackward, runForward } from './run-program.ts';

/** The embedded engine: SIMD WebAssembly over planned memory. */
export const wasmEngine: EngineFactory = {
  name: 'wasm',
  plan(network, maxExamples, kernels) {
    const { packing, arena } = compile(network, maxExamples, 0);
    return { parameterFloats: packing.floats, arenaBytes: arena.end(), arithmetic: arithmeticOf(kernels) };
  },
  create: createWasmEngine,
};

function createWasmEngine(context: EngineContext): Engine {
  const { network, memory } = context;
  const program = compile(network, context.maxExamples, context.arenaOffset);
  program.arena.makeReady(memory);
  const pass: Pass = {
    kernels: instantiateKernels(context.kernels, memory),
    ints: new Int32Array(memory.buffer),
    bytes: new Uint8Array(memory.buffer),
    key: keyOf(context.seed),
    training: false,
    step: 0,
    position: 0,
    parameters: 0,
    gradient: 0,
  };
  const floats = (offset: number, count: number) => new Float32Array(memory.buffer, offset, count);
  const { packing } = program;
  return {
    gradient(request) {
      if (request.count === 0) {
        floats(request.gradientOffset, packing.floats).fill(0);
        return { loss: 0, correct: 0 };
      }
      startTraining(pass, request);
      const sums = forward(network, program, pass, request);
      runBackward(program, pass, request.count);
      return sums;
    },
    evaluate(batch) {
      pass.training = false;
      pass.parameters = batch.parametersOffset;
      return forward(network, program, pass, batch);
    },
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
  pass.gradient = request.gradientOffset;
}

/** Logits, probabilities and loss; in training also the logits' gradient. */
function forward(network: Network, program: Program, pass: Pass, batch: ExampleBatch): ExampleSums {
  const { kernels, ints } = pass;
  const { classes } = network;
  const size = sizeOf(network.input);
  const row = (example: number) => ints[batch.indicesOffset / 4 + example] >>> 0;
  runForward(program, pass, batch.count, (example) => {
    const target = addressOf(program.input, example);
    if (batch.inputType === 'uint8')
      kernels.readUint8(batch.inputsOffset + row(example) * size, target, size);
    else {
      const source = batch.inputsOffset + row(example) * size * 4;
      pass.bytes.copyWithin(target, source, source + size * 4);
    }
  });
  let loss = 0;
  let correct = 0;
  for (let example = 0; example < batch.count; example++) {
    const logits = addressOf(program.logits, example);
    const label = ints[batch.labelsOffset / 4 + row(example)];
    const dLogits = pass.training ? addressOf(program.dLogits, example) : 0;
    const probabilities = batch.probabilitiesOffset + example * classes * 4;
    loss += kernels.softmaxCrossEntropy(logits, classes, label, probabilities, dLogits);
    correct += kernels.isCorrect(logits, classes, label);
  }
  return { loss, correct };
}
