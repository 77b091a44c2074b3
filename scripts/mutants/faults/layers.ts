/** Faults in single kinds of layers, one each. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const contract = (network: string): Witness => ({
  file: tests.wasm,
  test: `the wasm engine, portable > ${network} > computes loss, predictions and gradient as float64 does`,
});

export const layerFaults: readonly Mutant[] = [
  {
    name: 'the slope of selu below 0 is that of elu',
    file: sources.activationKernels,
    find: 'f32x4.add(x, f32x4.splat(<f32>seluBelow))',
    replace: 'f32x4.add(x, f32x4.splat(1))',
    witness: contract('selu of vectors and of images of an odd size'),
  },
  {
    name: 'the slope of swish is told from what it gives',
    file: sources.activation,
    find: "swish: 'input'",
    replace: "swish: 'output'",
    witness: contract('swish of vectors and of images of an odd size'),
  },
  {
    name: 'softmax passes its gradient back as if each value stood alone',
    file: sources.softmaxRowKernels,
    find: 'const shifts = f64x2.splat(along);',
    replace: 'const shifts = f64x2.splat(0);',
    witness: contract('softmax in the middle'),
  },
  {
    name: 'logarithms of softmax pass back the sum of the row, whatever the value is',
    file: sources.softmaxKernels,
    find: 'f64x2.mul(exp2(loadPair(output + at, isWhole)), sum)',
    replace: 'sum',
    witness: contract('logarithms of softmax, of vectors and of the pixels of an image'),
  },
  {
    name: 'a normalized vector goes back as if its length stood still',
    file: sources.l2Normalize,
    find: 'v128.and(quotient, ',
    replace: 'v128.and(f64x2.splat(0), ',
    witness: contract('a dot product of normalized matrices and vectors'),
  },
  {
    name: 'a broadcast vector stands along the other axis',
    file: sources.rearrangingLayers,
    find: 'place[axis + more]',
    replace: 'place[axis]',
    witness: {
      file: tests.fitLayers,
      test: 'sums, products and means that are broadcast > trains on wasm as model.fit does',
    },
  },
  {
    name: 'the layer of each time reads the first one',
    file: sources.readWrapper,
    find: 'output: input.slice(1), place }',
    replace: 'output: input.slice(1), place: 0 }',
    witness: { file: tests.fitLayers, test: 'sequences of sequences > trains on wasm as model.fit does' },
  },
  {
    name: 'cells on each other all go backwards',
    file: sources.readCells,
    find: 'place === 0 ? layer.fields.go_backwards : false',
    replace: 'layer.fields.go_backwards',
    witness: { file: tests.fitLayers, test: 'recurrent layers of cells > trains on wasm as model.fit does' },
  },
  {
    name: 'a weight with a constraint is cut into parts',
    file: sources.gradientSums,
    find: '  ...constraints,\n',
    replace: '',
    witness: {
      file: tests.update,
      test: 'a weight with a constraint > is changed once, when all of it is made and nothing is derived yet, in 3 parts',
    },
  },
  {
    name: 'the parts of a dense kernel with a constraint are computed by several workers',
    file: sources.constraints,
    find: 'place % request.parts === request.part ? { ...request, part: 0, parts: 1 } : undefined',
    replace: 'request',
    witness: {
      file: tests.constraints,
      test: 'the engine wasm gives the gradients of a weight to one of 2 parts, each once',
    },
  },
  {
    name: 'norms of rows are taken lane by lane',
    file: sources.constraints,
    find: "? 'constrainRows' : 'constrainLanes'",
    replace: "? 'constrainLanes' : 'constrainLanes'",
    witness: {
      file: tests.constraints,
      test: 'the engine wasm > constraints of an embedding and of recurrent layers: gives what the formulas give',
    },
  },
  {
    name: 'weights are written into the model through their constraints once more',
    file: sources.layersModel,
    find: '(weights[index].read() as Variable).assign(values)',
    replace: 'weights[index].write(values)',
    witness: {
      file: tests.fitConstraints,
      test: 'what fit gave is what the model has, to the bit, and a notice says what model.fit would not do',
    },
  },
  {
    name: 'a prelu that is shared by all pixels takes an alpha by pixel',
    file: sources.prelu,
    find: 'if (shape[axis] > 1) ',
    replace: '',
    witness: contract('prelu of images, first and shared by all pixels'),
  },
  {
    name: "Winograd's transforms round windows that are all zero",
    file: sources.winogradConvolution,
    find: 'windows.settle(kernels, 0, image, start);',
    replace: '',
    witness: {
      file: tests.winograd,
      test: 'windows that are zero give the bias, and equal neighbours equal outputs, to the last bit',
    },
  },
  {
    name: 'the bins of the last filters, fewer than a block, are those of the block before',
    file: sources.winogradOverImages,
    find: 'weightsOf(panel + own)',
    replace: 'weightsOf(Math.min(panel, panels - blockPanels) + own)',
    witness: {
      file: tests.winograd,
      test: 'the portable kernels > convolve all images at once as float64 does, and write nothing else',
    },
  },
  {
    name: "of the groups of a shard, the last one's gradient counts",
    file: sources.winogradBackward,
    find: 'first === 0 ? shapes.firstGradient : shapes.nextGradient',
    replace: 'shapes.firstGradient',
    witness: {
      file: tests.winograd,
      test: 'the portable kernels > convolve several groups and shards as float64 does, and write nothing else',
    },
  },
  {
    name: 'of the groups of shards, the last one does not count',
    file: sources.winogradGradient,
    find: 'taps * tapBytes, groups, floats, sum',
    replace: 'taps * tapBytes, groups - 1 || 1, floats, sum',
    witness: {
      file: tests.winograd,
      test: 'the portable kernels > convolve all images of several groups of shards at once as float64 does, and write nothing else',
    },
  },
  {
    name: 'a group of shards begins with its first shard, though that has no images',
    file: sources.imageGroups,
    find: '.filter(({ count }) => count > 0)',
    replace: '.filter(() => true)',
    witness: {
      file: tests.wasm,
      test: 'the wasm engine, portable > convolutions over images > gives each of several shards the sums and the gradient that it has in a call of its own',
    },
  },
  {
    name: 'a window over images goes beyond the image',
    file: sources.overImagesWindows,
    find: 'Math.min(kernelSize[axis], input[axis] - start)',
    replace: 'kernelSize[axis]',
    witness: contract('convolutions over images'),
  },
  {
    name: 'the gradient of a dilated convolution goes to what was there',
    file: sources.dilatedConvolution,
    find: '    kernels.clear(to, input.size * 4);\n',
    replace: '',
    witness: contract('convolutions with dilation'),
  },
  {
    name: 'a transposed convolution has no bias',
    file: sources.conv2dTranspose,
    find: 'if (bias === undefined) bytes.fill(0',
    replace: 'if (output.size > 0) bytes.fill(0',
    witness: contract('transposed convolution, stride 2, same'),
  },
  {
    name: 'the windows of a depthwise convolution move by one pixel',
    file: sources.depthwise,
    find: 'strideX: strides[1] * pixelBytes',
    replace: 'strideX: pixelBytes',
    witness: contract('depthwise convolutions'),
  },
  {
    name: "the gradient of a depthwise convolution's input reads the kernel forward",
    file: sources.depthwise,
    find: 'kernel + (taps - 1) * pixelBytes, -pixelBytes',
    replace: 'kernel, pixelBytes',
    witness: contract('depthwise convolutions'),
  },
  {
    name: "the gradient of batch normalization's input forgets how far a value is from the mean",
    file: sources.batchNormalizationKernels,
    find: '- load<f64>(own) * along',
    replace: '',
    witness: contract('batch normalization in a residual block'),
  },
  {
    name: 'of the places that a rearranged value goes to, one gives the gradient',
    file: sources.floatsKernels,
    find: 'export function addFloats(target: usize, source: usize, bytes: usize): void {\n  let at: usize = 0;',
    replace:
      'export function addFloats(target: usize, source: usize, bytes: usize): void {\n  let at: usize = bytes;',
    witness: contract('a vector repeated'),
  },
  {
    name: 'bilinear up-sampling wraps around behind the last row',
    file: sources.bilinearKernels,
    find: 'min(row, shape.height - 1)',
    replace: '(row % shape.height)',
    witness: contract('bilinear up-sampling first, and of one pixel'),
  },
  {
    name: 'of equal values each has the gradient of the largest',
    file: sources.mergeKernels,
    find: '    v128.store(left, v128.andnot(gradient, same));\n',
    replace: '',
    witness: contract('largest of equal values'),
  },
  {
    name: 'the first of a product of tensors has no part in the gradient of the others',
    file: sources.merging,
    find: 'if (other !== place) kernels',
    replace: 'if (other !== place && other > 0) kernels',
    witness: contract('products and means of vectors'),
  },
  {
    name: 'the factors of a matrix product are taken as they lie',
    file: sources.dot,
    find: 'if (transposed[place] === turned) return address;',
    replace: 'return address;',
    witness: contract('products of matrices along their last and first axes'),
  },
  {
    name: 'two neighbours have the same normal number',
    file: sources.randomKernels,
    find: 'sineAt(quarters, sine, cosine)',
    replace: 'sineAt(next, sine, cosine)',
    witness: contract('gaussian dropout and noise of vectors'),
  },
  {
    name: 'alpha dropout puts the highest value of its kind where it drops one',
    file: sources.noiseLayers,
    find: 'const lowest = -1.67',
    replace: 'const lowest = 1.67',
    witness: {
      file: tests.noiseLayers,
      test: 'noise > of alpha dropout drops to the lowest value of selu',
    },
  },
];
