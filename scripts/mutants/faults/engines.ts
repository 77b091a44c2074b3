/** Faults in what the engines compute. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';
import { oneStep, parameterBits } from './witnesses.ts';

const skipping = (test: string): Witness => ({
  file: tests.skipping,
  test: `the portable kernels > ${test}`,
});

const equalWindows: Witness = {
  file: tests.fourierConvolution,
  test: 'windows that are zero give the bias, and equal neighbours equal outputs, to the last bit',
};

const spectra: Witness = {
  file: tests.fourierConvolution,
  test: 'the wide kernels > convolve in several groups and shards as float64 does',
};

const skippingBack: Witness = {
  file: tests.fourierConvolution,
  test: 'the wide kernels > go back by what is not zero as float64 does, and write nothing else',
};

const threeWays: Witness = {
  file: tests.threeWays,
  test: 'one step of the whole tutorial network from the same parameters > at step 1',
};

const masks: readonly Mutant[] = [
  {
    name: 'the mask depends on the worker',
    file: sources.task,
    find: 'position: task.rankFirst + task.first }',
    replace: 'position: task.rankFirst + task.first + setup.worker }',
    witness: parameterBits,
  },
  {
    name: 'the mask depends on the position in the shard',
    file: sources.task,
    find: 'position: task.rankFirst + task.first }',
    replace: 'position: 0 }',
    witness: oneStep(1),
  },
  {
    name: 'the mask is the same in every step',
    file: sources.task,
    find: 'const at = { step, position',
    replace: 'const at = { step: 1, position',
    witness: oneStep(2),
  },
  {
    name: 'all dropout layers have one mask',
    file: sources.elementwise,
    find: '(Purpose.dropout << 24) | layer.index',
    replace: 'Purpose.dropout << 24',
    witness: oneStep(1),
  },
  {
    name: 'the mask ignores the seed',
    file: sources.wasm,
    find: 'keyOf(context.seed)',
    replace: 'keyOf(0)',
    witness: oneStep(1),
  },
  {
    name: 'kept values are not scaled up',
    file: sources.elementwise,
    find: 'Math.fround(1 / (1 - layer.rate))',
    replace: '1',
    witness: oneStep(1),
  },
  {
    name: 'dropped values pass gradients',
    file: sources.elementwise,
    find: 'kernels.multiply(dValues, addressOf(factors, first), dValues, count * size);',
    replace: '',
    witness: oneStep(1),
  },
];

const gradients: readonly Mutant[] = [
  {
    name: "the bias's gradient leaves out the first example",
    file: sources.dense,
    find: 'addRows(addressOf(dOutput, shard.first), dBias, shard.count * layer.rows, units)',
    replace: 'addRows(addressOf(dOutput, shard.first + 1), dBias, (shard.count - 1) * layer.rows, units)',
    witness: oneStep(1),
  },
  {
    name: 'each example has the label of its neighbour',
    file: sources.task,
    find: 'targetsOffset: data.targets,',
    replace: 'targetsOffset: data.targets + 4,',
    witness: oneStep(1),
  },
  {
    name: 'gradients are computed with the parameters of the first buffer',
    file: sources.task,
    find: 'layout.parameters[current]',
    replace: 'layout.parameters[0]',
    witness: oneStep(2),
  },
];

const zeros: readonly Mutant[] = [
  {
    name: 'a sum of nothing but zeros keeps its sign',
    file: sources.skippingKernels,
    find: 'v128.store(values, f32x4.add(v128.load(values), zero))',
    replace: 'v128.store(values, v128.load(values))',
    witness: skipping('multiply the same matrices with and without zeros, 0.1 of them not zero'),
  },
  {
    name: 'a list begins anew with each segment',
    file: sources.nonzerosKernels,
    find: 'values += (<usize>some) << 2;\n      }',
    replace: 'values += (<usize>some) << 2;\n      }\n      list = lists;',
    witness: skipping('multiply the same matrices with and without zeros, 0.5 of them not zero'),
  },
  {
    name: 'a value that is not finite is skipped over',
    file: sources.nonzerosKernels,
    find: 'const notFinite: i32 = -1;',
    replace: 'const notFinite: i32 = 0;',
    witness: skipping('find values that are not finite, by row and by column'),
  },
  {
    name: 'the weight gradients of the shards are added in a row instead of a tree',
    file: sources.treeTile,
    find: 'for (let pairs = shard; pairs & 1; pairs >>= 1) {',
    replace: 'for (let pairs = shard > 0 ? 1 : 0; pairs != 0; pairs = 0) {',
    witness: skipping('sum the weight gradients of 8 shards the same, with and without zeros'),
  },
  {
    name: 'the weight gradients of the shards are added in a row where zeros are skipped',
    file: sources.skippingTile,
    find: 'for (let pairs = row; pairs & 1; pairs >>= 1) {',
    replace: 'for (let pairs = row > 0 ? 1 : 0; pairs != 0; pairs = 0) {',
    witness: skipping('sum the weight gradients of 8 shards the same, with and without zeros'),
  },
];

/** Convolution by Fourier transforms. */
const fourier: readonly Mutant[] = [
  {
    name: 'complex products do not take the conjugate',
    file: sources.complexTile,
    find: "'multiplySubtract'])",
    replace: "'multiplyAdd'])",
    witness: spectra,
  },
  {
    name: "the spectra of a shard's output gradients lie where another shard's should",
    file: sources.fourierBackward,
    find: 'eachTile(tiles, example - shard.first, ',
    replace: 'eachTile(tiles, example, ',
    witness: spectra,
  },
  {
    name: "a dense layer's kernel is read as if each of its segments were the first one",
    file: sources.skippingKernels,
    find: 'scratch - <usize>first * panelBytes',
    replace: 'scratch',
    witness: skipping('multiply the same matrices with and without zeros, 0.1 of them not zero'),
  },
  {
    name: "a convolution's kernel gradient begins with that of the shard before",
    file: sources.skippingBackward,
    find: 'kernels.clear(sums, taps * kernelPanel);',
    replace: '',
    witness: skippingBack,
  },
  {
    name: 'the last row of the windows gets no gradient of the input',
    file: sources.skippingConvolutionKernels,
    find: 'let y = shape.kernelHeight - 1; y >= 0',
    replace: 'let y = shape.kernelHeight - 2; y >= 0',
    witness: skippingBack,
  },
  {
    name: "at an image's left edge the kernel is added from its first column on",
    file: sources.sparseImageKernels,
    find: '<usize>(from - firstColumn)',
    replace: '<usize>0',
    witness: {
      file: tests.sparseImage,
      test: 'the wide kernels > give the same bits by adding what is not zero, on every kernel size, and write nothing else',
    },
  },
  {
    name: 'the output of an empty window is what the transform rounds it to',
    file: sources.equalWindowsKernels,
    find: 'if (load<u8>(mark) & zero) copyPixel(output, bias, pixelBytes);\n      else ',
    replace: '',
    witness: equalWindows,
  },
  {
    name: 'windows count as equal without their last column',
    file: sources.equalWindowsKernels,
    find: 'next < shape.kernelWidth',
    replace: 'next < shape.kernelWidth - 1',
    witness: equalWindows,
  },
  {
    name: 'pixels count as equal by their whole vectors of channels',
    file: sources.equalWindowsKernels,
    find: '  for (; at < bytes; at += 4) if (load<f32>(a + at) !== load<f32>(b + at)) return false;\n',
    replace: '',
    witness: equalWindows,
  },
];

/** Their tests need TensorFlow, which `npm run test:mutants` sets up. */
const tensorflow: readonly Mutant[] = [
  {
    name: 'the tensorflow engine gives the mean over a shard',
    file: sources.tensorflowPass,
    find: 'tf.sum(tf.mul(losses, tf.tensor1d(own)))',
    replace: 'tf.mean(tf.mul(losses, tf.tensor1d(own)))',
    witness: threeWays,
  },
  {
    name: "the tensorflow engine's masks do not depend on the position in the batch",
    file: sources.tensorflowModel,
    find: 'index, position + example, rate, factors',
    replace: 'index, example, rate, factors',
    witness: threeWays,
  },
  {
    name: "running averages move at the optimizer's rate",
    file: sources.weightUpdates,
    find: '{ ...plainUpdate(context, task), learningRate: -1 }',
    replace: 'plainUpdate(context, task)',
    witness: {
      file: tests.anyModel,
      test: 'engine auto trains what the embedded engines do not know with tensorflow > batch normalisation: the running averages are the mean of the shards’, in the same bits for any workers',
    },
  },
];

const contract = (network: string): Witness => ({
  file: tests.wasm,
  test: `the wasm engine, portable > ${network} > computes loss, predictions and gradient as float64 does`,
});

/** Branches, buffers, normalisation and frozen layers. */
const graphs: readonly Mutant[] = [
  {
    name: 'an activation is written over a tensor that others in the graph read',
    file: sources.buffers,
    find: 'graph.readersOf(node.reads[0]).length === 1 && ',
    replace: '',
    witness: contract('an activation whose input others read'),
  },
  {
    name: 'of several readers in the graph, one gives the gradient',
    file: sources.merge,
    find: 'kernels.addRows(addressOf(written, first), addressOf(sum, first), 1, count * sum.size);',
    replace: '',
    witness: contract('a skip connection over a dense layer'),
  },
  {
    name: 'what is read in the graph behind a group of images keeps one image',
    file: sources.buffers,
    find: "if (taking === 'in groups') now++;",
    replace: '',
    witness: contract('residual blocks by Fourier transforms'),
  },
  {
    name: 'what is read again on the way back gives its memory away when it is read first',
    file: sources.buffers,
    find: "if (keeps === 'input') storage.touch(always, back);",
    replace: '',
    witness: contract('dense layers wider than a tile'),
  },
  {
    name: 'what ends as another begins shares memory with it',
    file: sources.lifetimes,
    find: 'own.first <= all[other].last',
    replace: 'own.first < all[other].last',
    witness: { file: tests.lifetimes, test: 'What is needed at the same time lies apart, draw 1.' },
  },
  {
    name: 'a gradient that passes a frozen layer of the graph keeps one image',
    file: sources.buffers,
    find: "if (backward === 'all at once') clock.pass(backward);",
    replace: '',
    witness: contract('a frozen dense layer between images that train'),
  },
  {
    name: 'averages move as if each shard had one example',
    file: sources.batchNormalization,
    find: '(1 - momentum) * shard.count',
    replace: '1 - momentum',
    witness: contract('batch normalization of vectors'),
  },
  {
    name: 'frozen layers are left out of the next parameters',
    file: sources.update,
    find: '    copyConstants(context, task, constants);\n',
    replace: '',
    witness: {
      file: tests.bits,
      test: 'with branches, normalisation and frozen layers > the wasm engine ends with the same bits for any workers, resumed too',
    },
  },
  {
    name: 'the weights of a graph stand as its layers are met',
    file: sources.graphOrder,
    find: 'depth.layers(b) - depth.layers(a) || ',
    replace: '',
    witness: {
      file: tests.readGraph,
      test: 'a model of random branches, nested and frozen layers has its weights as TensorFlow.js orders them > 0',
    },
  },
];

export const engineFaults: readonly Mutant[] = [
  ...masks,
  ...gradients,
  ...zeros,
  ...fourier,
  ...graphs,
  ...tensorflow,
];
