import type { NormalizationKernels } from './normalization-kernels.ts';

/** A byte address in the shared memory. */
type Address = number;

/** A loss of one example: predictions, target, how many values, their gradient to be written (or 0). */
type LossKernel = (predictions: Address, target: Address, size: number, dPredictions: Address) => number;

/** The module's functions; src/engine/wasm/kernels/assembly documents each. */
export interface Kernels extends NormalizationKernels {
  matmul(shape: Address, a: Address, b: Address, init: Address, c: Address, rows: number): void;
  matmulTransposed(
    shape: Address,
    a: Address,
    b: Address,
    init: Address,
    c: Address,
    rows: number,
    turned: Address,
  ): void;
  matmulAcross(shape: Address, a: Address, b: Address, init: Address, c: Address, rows: number): void;
  complexMatmul(shape: Address, a: Address, b: Address, c: Address, rows: number): void;
  readUint8(source: Address, target: Address, count: number): void;
  countNonzeros(values: Address, count: number): number;
  turnedRows(shape: Address, weights: Address, rows: Address): void;
  convolveNonzeros(shape: Address, image: Address, rows: Address, bias: Address, output: Address): void;
  padImage(
    source: Address,
    target: Address,
    height: number,
    width: number,
    pixelBytes: number,
    columnBytes: number,
    rowBytes: number,
  ): void;
  packPanels(source: Address, target: Address, rows: number, columns: number, panelBytes: number): void;
  transposePanels(
    source: Address,
    sourcePanel: number,
    target: Address,
    targetPanel: number,
    panels: number,
    rows: number,
  ): void;
  turnKernel(source: Address, target: Address, taps: number, channels: number, filters: number): void;
  imageSpectrum(shape: Address, image: Address, tile: Address, spectrum: Address): void;
  imageOfSpectrum(shape: Address, spectrum: Address, tile: Address, bias: Address, image: Address): void;
  addImageOfSpectrum(shape: Address, spectrum: Address, tile: Address, image: Address): void;
  kernelSpectrum(shape: Address, weights: Address, tile: Address, scratch: Address, spectrum: Address): void;
  turnSpectrum(shape: Address, spectrum: Address, turned: Address): void;
  kernelOfSpectrum(
    shape: Address,
    spectrum: Address,
    channelBytes: number,
    tile: Address,
    weights: Address,
  ): void;
  reluForward(values: Address, count: number): void;
  reluBackward(output: Address, gradient: Address, count: number): void;
  leakyReluForward(input: Address, output: Address, count: number, alpha: number): void;
  leakyReluBackward(input: Address, gradient: Address, count: number, alpha: number): void;
  sigmoidForward(values: Address, count: number): void;
  sigmoidBackward(output: Address, gradient: Address, count: number): void;
  tanhForward(values: Address, count: number): void;
  tanhBackward(output: Address, gradient: Address, count: number): void;
  multiply(a: Address, b: Address, target: Address, count: number): void;
  addRows(values: Address, sums: Address, rows: number, columns: number): void;
  dropoutFactors(
    factors: Address,
    count: number,
    position: number,
    step: number,
    last: number,
    key0: number,
    key1: number,
    threshold: number,
    scale: number,
  ): void;
  copyRows(
    source: Address,
    sourceStride: number,
    target: Address,
    targetStride: number,
    bytes: number,
    rows: number,
  ): void;
  markWindows(shape: Address, image: Address, marks: Address): void;
  settleWindows(shape: Address, marks: Address, bias: Address, output: Address): void;
  halvingForward(
    height: number,
    width: number,
    channels: number,
    relu: number,
    input: Address,
    output: Address,
    choice: Address,
  ): void;
  halvingBackward(
    height: number,
    width: number,
    channels: number,
    choice: Address,
    dOutput: Address,
    dInput: Address,
  ): void;
  maxPoolingForward(shape: Address, input: Address, output: Address, choice: Address): void;
  maxPoolingBackward(shape: Address, choice: Address, dOutput: Address, dInput: Address): void;
  averagePoolingForward(shape: Address, input: Address, output: Address): void;
  averagePoolingBackward(shape: Address, dOutput: Address, dInput: Address): void;
  softmaxCrossEntropy(
    logits: Address,
    classes: number,
    label: number,
    probabilities: Address,
    dLogits: Address,
  ): number;
  softmaxCrossEntropyOfVector(
    logits: Address,
    size: number,
    target: Address,
    probabilities: Address,
    dLogits: Address,
  ): number;
  readonly sigmoidCrossEntropy: LossKernel;
  readonly categoricalCrossentropy: LossKernel;
  readonly sparseCategoricalCrossentropy: LossKernel;
  readonly binaryCrossentropy: LossKernel;
  readonly meanSquaredError: LossKernel;
  readonly meanAbsoluteError: LossKernel;
  softmax(logits: Address, size: number, probabilities: Address): void;
  softmaxBackward(probabilities: Address, gradient: Address, size: number): void;
  scale(values: Address, count: number, factor: number): void;
  isCorrect(logits: Address, classes: number, label: number): number;
  weightGradient(
    shape: Address,
    dOutput: Address,
    inputs: Address,
    panels: number,
    units: number,
    wideUnits: number,
    target: Address,
  ): void;
  weightGradientSkipping(
    shape: Address,
    lists: Address,
    counts: Address,
    inputs: Address,
    panels: number,
    units: number,
    wideUnits: number,
    target: Address,
  ): void;
  listByRow(
    values: Address,
    rows: number,
    columns: number,
    segmentLength: number,
    bytes: number,
    lists: Address,
    bounds: Address,
  ): number;
  listByColumn(
    values: Address,
    rows: number,
    columns: number,
    offset: number,
    lists: Address,
    listBytes: number,
    counts: Address,
    countBytes: number,
  ): number;
  matmulSkipping(
    shape: Address,
    bounds: Address,
    b: Address,
    transposed: number,
    init: Address,
    c: Address,
    rows: number,
    scratch: Address,
  ): void;
  listGradient(
    shape: Address,
    values: Address,
    byPixel: Address,
    pixelBounds: Address,
    byFilter: Address,
    filterBounds: Address,
    sums: Address,
  ): void;
  addKernelGradient(shape: Address, filterBounds: Address, image: Address, sums: Address): void;
  addInputGradient(shape: Address, pixelBounds: Address, kernel: Address, dImage: Address): void;
  positiveZeros(values: Address, count: number): void;
  treeSum(slots: Address, strideBytes: number, count: number, floats: number, scratch: Address): void;
  sgd(
    sum: Address,
    examples: number,
    learningRate: number,
    current: Address,
    next: Address,
    floats: number,
  ): number;
  sgdMomentum(
    sum: Address,
    examples: number,
    learningRate: number,
    momentum: number,
    current: Address,
    next: Address,
    velocity: Address,
    nextVelocity: Address,
    floats: number,
  ): number;
  sgdNesterov(
    sum: Address,
    examples: number,
    learningRate: number,
    momentum: number,
    current: Address,
    next: Address,
    velocity: Address,
    nextVelocity: Address,
    floats: number,
  ): number;
  adam(
    sum: Address,
    examples: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
    current: Address,
    next: Address,
    first: Address,
    nextFirst: Address,
    second: Address,
    nextSecond: Address,
    floats: number,
  ): number;
  rmsprop(
    sum: Address,
    examples: number,
    learningRate: number,
    decay: number,
    momentum: number,
    epsilon: number,
    current: Address,
    next: Address,
    squares: Address,
    nextSquares: Address,
    velocity: Address,
    nextVelocity: Address,
    floats: number,
  ): number;
  adagrad(
    sum: Address,
    examples: number,
    learningRate: number,
    epsilon: number,
    current: Address,
    next: Address,
    squares: Address,
    nextSquares: Address,
    floats: number,
  ): number;
}
