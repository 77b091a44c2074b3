/** Faults in layers on sequences, regularizers and outputs of several rows. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const engine = (test: string): Witness => ({ file: tests.wasm, test: `the wasm engine, portable > ${test}` });
const contract = (network: string): Witness =>
  engine(`${network} > computes loss, predictions and gradient as float64 does`);

export const sequenceFaults: readonly Mutant[] = [
  {
    name: 'layer normalisation goes back as if the deviation were constant',
    file: sources.layerNormalizationKernels,
    find: 'f64x2.sub(f64x2.sub(dX, ofAll), f64x2.mul(x, along))',
    replace: 'f64x2.sub(dX, ofAll)',
    witness: contract('layer normalization of vectors'),
  },
  {
    name: 'of equal words only the last one has a gradient',
    file: sources.embeddingKernels,
    find: 'f32x4.add(v128.load(sum + at), v128.load(part + at))',
    replace: 'v128.load(part + at)',
    witness: contract('an embedding'),
  },
  {
    name: "the carry's gradient passes the forget gate whole",
    file: sources.recurrentKernels,
    find: 'v128.store(dCarry + at, f32x4.mul(d, v128.load(gates + slab + at)));',
    replace: 'v128.store(dCarry + at, d);',
    witness: contract('lstm'),
  },
  {
    name: "gru's reset gate is left out on the way back",
    file: sources.recurrentKernels,
    find: 'const part = f32x4.mul(d, v128.load(gates + slab + at));',
    replace: 'const part = d;',
    witness: contract('gru'),
  },
  {
    name: 'the gradient of a state passes its dropout whole',
    file: sources.recurrence,
    find: 'if (mask === undefined || isLast)',
    replace: 'if (values > 0)',
    witness: contract('gru with dropout, twice'),
  },
  {
    name: 'a layer that goes backwards steps forward',
    file: sources.recurrentInputs,
    find: 'timeOf(layer, step) * bytes',
    replace: 'step * bytes',
    witness: contract('lstm backwards, all states, without bias'),
  },
  {
    name: 'the recurrent kernel has the gradient of every gate at the first one',
    file: sources.recurrentGradients,
    find: 'dOutputs: address + firstUnit * 4',
    replace: 'dOutputs: address',
    witness: contract('gru'),
  },
  {
    name: 'the gradient of a state stops at a time that does not count',
    file: sources.keepStates,
    find: '        copyRow(pass, dState + at, dKept + at);\n',
    replace: '',
    witness: contract('gru of times that do not all count'),
  },
  {
    name: 'a regularizer moves padding',
    file: sources.penalties,
    find: 'Math.min(panelWidth, columns - panel * panelWidth)',
    replace: 'panelWidth',
    witness: engine(
      'penalties of dense layers, one of them frozen > packs and unpacks without changing a value, and keeps padding zero',
    ),
  },
  {
    name: 'a deferred gradient has no penalty',
    file: sources.wasm,
    find: '      penalties.addToBlock(kernels, batch, block);\n',
    replace: '',
    witness: contract('penalties of dense layers, one of them frozen'),
  },
  {
    name: 'the rows of an output are summed up, and not averaged, on the way back',
    file: sources.loss,
    find: 'if (d !== 0 && rows > 1)',
    replace: 'if (d !== 0 && rows < 1)',
    witness: engine(
      'losses > computes meanSquaredError of a vector for each row of an output as float64 does',
    ),
  },
  {
    name: 'whole numbers are read as the bits of others',
    file: sources.wasm,
    find: 'new Kind(memory, offset,',
    replace: 'new Float32Array(memory, offset,',
    witness: engine('sizes and coordinates > takes whole numbers as they are'),
  },
  {
    name: "an lstm's forget bias is at its input gate",
    file: sources.initialValues,
    find: 'parameter.size) === 1 ?',
    replace: 'parameter.size) === 0 ?',
    witness: {
      file: tests.matrixValues,
      test: "an lstm's bias begins with 1 for its carry, where it is to",
    },
  },
  {
    name: 'in ONNX, masked times that go backwards are taken forward',
    file: sources.onnxRecurrent,
    find: 'goBackwards ? time + 1 : times - time',
    replace: 'times - time',
    witness: {
      file: tests.onnxMasks,
      test: 'a recurrent layer that goes backwards leaves out the same times in ONNX and back.',
    },
  },
  {
    name: 'of ONNX, a layer gives its last time alone though others are read',
    file: sources.onnxTopology,
    find: 'readers.every(isLast)',
    replace: 'readers.some(isLast)',
    witness: {
      file: tests.onnxSequences,
      test: 'all times and the last state of one layer are both read.',
    },
  },
];
