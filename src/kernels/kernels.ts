/** The WebAssembly module's functions, as assembly/ declares them. Written by scripts/build-kernels.ts: do not change it here. */
import type { Address, AddressOf } from './struct.ts';
import type {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  ComplexShape,
  DepthwiseShape,
  ImageTile,
  KernelTile,
  Lion,
  MatmulShape,
  Momentum,
  Nesterov,
  PoolingShape,
  Rmsprop,
  Sgd,
  SkippingShape,
  SparseImageShape,
  UpSamplingShape,
  WeightGradientShape,
  WindowMatrixShape,
  WindowShape,
  WinogradImage,
  WinogradWeights,
} from './structs.ts';

export interface Kernels {
  // assembly/activation.ts
  reluForward(input: Address, output: Address, count: number, setting: number): void;
  reluBackward(output: Address, gradient: Address, count: number, setting: number): void;
  leakyReLUForward(input: Address, output: Address, count: number, alpha: number): void;
  leakyReLUBackward(input: Address, gradient: Address, count: number, alpha: number): void;
  cappedReLUForward(input: Address, output: Address, count: number, cap: number): void;
  cappedReLUBackward(output: Address, gradient: Address, count: number, cap: number): void;
  thresholdedReLUForward(input: Address, output: Address, count: number, theta: number): void;
  thresholdedReLUBackward(output: Address, gradient: Address, count: number, theta: number): void;
  hardSigmoidForward(input: Address, output: Address, count: number, setting: number): void;
  hardSigmoidBackward(output: Address, gradient: Address, count: number, setting: number): void;
  softsignForward(input: Address, output: Address, count: number, setting: number): void;
  softsignBackward(output: Address, gradient: Address, count: number, setting: number): void;
  eluForward(input: Address, output: Address, count: number, setting: number): void;
  eluBackward(output: Address, gradient: Address, count: number, setting: number): void;
  seluForward(input: Address, output: Address, count: number, setting: number): void;
  seluBackward(output: Address, gradient: Address, count: number, setting: number): void;
  softplusForward(input: Address, output: Address, count: number, setting: number): void;
  softplusBackward(output: Address, gradient: Address, count: number, setting: number): void;
  swishForward(input: Address, output: Address, count: number, setting: number): void;
  swishBackward(input: Address, gradient: Address, count: number, setting: number): void;
  mishForward(input: Address, output: Address, count: number, setting: number): void;
  mishBackward(input: Address, gradient: Address, count: number, setting: number): void;
  geluForward(input: Address, output: Address, count: number, setting: number): void;
  geluBackward(input: Address, gradient: Address, count: number, setting: number): void;
  geluNewForward(input: Address, output: Address, count: number, setting: number): void;
  geluNewBackward(input: Address, gradient: Address, count: number, setting: number): void;
  sigmoidForward(input: Address, output: Address, count: number, setting: number): void;
  sigmoidBackward(output: Address, gradient: Address, count: number, setting: number): void;
  tanhForward(input: Address, output: Address, count: number, setting: number): void;
  tanhBackward(output: Address, gradient: Address, count: number, setting: number): void;
  // assembly/batch-normalization.ts
  /**
   * output = (values - mean) / deviation * gamma + beta, as values * scale + shift; gamma and beta may be 0, for 1 and 0.
   * @param statistics behind them there is room for scale and shift, [channels] float64 each
   */
  normalize(
    values: Address,
    rows: number,
    channels: number,
    statistics: Address,
    gamma: Address,
    beta: Address,
    output: Address,
  ): void;
  /**
   * The gradients' sums over the rows: sums[channel] = sum of dOutput, and behind [channels] of these the sum of dOutput *
   * (values - mean) / deviation, in float64. These are the gradients of beta and gamma.
   */
  normalizationSums(
    values: Address,
    dOutput: Address,
    rows: number,
    channels: number,
    statistics: Address,
    sums: Address,
  ): void;
  /**
   * dInput = gamma / deviation * (dOutput - (sum of dOutput + x * sum of dOutput x) / rows), where x = (value - mean) /
   * deviation, as dOutput * scale + value * along + shift.
   * @param sums behind them there is room for scale, along and shift, [channels] float64 each
   */
  normalizeBackward(
    values: Address,
    dOutput: Address,
    rows: number,
    channels: number,
    statistics: Address,
    sums: Address,
    gamma: Address,
    dInput: Address,
  ): void;
  /** [channels] float64 to float32. */
  roundSums(sums: Address, channels: number, target: Address): void;
  // assembly/bilinear.ts
  /** Between the pixel at (y / factorY, x / factorX), rounded down, and those behind it. */
  bilinearForward(shape: AddressOf<UpSamplingShape>, input: Address, output: Address): void;
  /** Each pixel of the input gets its shares of the gradient. dInput is overwritten. */
  bilinearBackward(shape: AddressOf<UpSamplingShape>, dOutput: Address, dInput: Address): void;
  // assembly/blocks.ts
  /** target[b] = source at table[b], in bytes; zeros where that is below 0 */
  gatherBlocks(table: Address, blocks: number, bytes: Address, source: Address, target: Address): void;
  /** target at table[b] += source[b], where that is not below 0 */
  addBlocks(table: Address, blocks: number, bytes: Address, source: Address, target: Address): void;
  // assembly/channel-statistics.ts
  /** Those of the values, of each channel row by row. */
  channelStatistics(
    values: Address,
    rows: number,
    channels: number,
    epsilon: number,
    statistics: Address,
  ): void;
  /** Those that running averages, [channels] each, stand for. */
  averageStatistics(
    mean: Address,
    variance: Address,
    channels: number,
    epsilon: number,
    statistics: Address,
  ): void;
  /** moved = (statistic - average) * factor */
  moveAverage(statistic: Address, average: Address, channels: number, factor: number, moved: Address): void;
  // assembly/complex-matmul.ts
  complexMatmul(shape: AddressOf<ComplexShape>, a: Address, b: Address, c: Address, rows: number): void;
  // assembly/constraint.ts
  /**
   * Each lane has a norm of its own, over the rows of a group.
   * @param table [groups, rows] Int32: the rows' offsets in bytes
   */
  constrainLanes(
    weight: Address,
    table: Address,
    groups: number,
    rows: number,
    least: number,
    most: number,
    rate: number,
  ): void;
  /** The rows of a group have one norm, over all of their lanes. */
  constrainRows(
    weight: Address,
    table: Address,
    groups: number,
    rows: number,
    least: number,
    most: number,
    rate: number,
  ): void;
  // assembly/depthwise.ts
  /** output = bias + the sum over the taps of image * kernel; [channels] zeros for the bias where there is none */
  depthwiseForward(
    shape: AddressOf<DepthwiseShape>,
    image: Address,
    kernel: Address,
    bias: Address,
    output: Address,
  ): void;
  /** dKernel[tap, channel] += the sum over the pixels of image * dOutput */
  addDepthwiseGradient(
    shape: AddressOf<DepthwiseShape>,
    image: Address,
    dOutput: Address,
    dKernel: Address,
  ): void;
  /** Each value `times` times in a row. */
  repeatValues(source: Address, target: Address, count: number, times: number): void;
  /** target[i] = the sum of the `times` values of source from i * times on */
  sumRepeated(source: Address, target: Address, count: number, times: number): void;
  // assembly/element-losses.ts
  meanSquaredError(p: Address, target: Address, size: number, dP: Address): number;
  meanAbsoluteError(p: Address, target: Address, size: number, dP: Address): number;
  sigmoidCrossEntropy(p: Address, target: Address, size: number, dP: Address): number;
  binaryCrossentropy(p: Address, target: Address, size: number, dP: Address): number;
  logLoss(p: Address, target: Address, size: number, dP: Address): number;
  meanAbsolutePercentageError(p: Address, target: Address, size: number, dP: Address): number;
  meanSquaredLogarithmicError(p: Address, target: Address, size: number, dP: Address): number;
  logcosh(p: Address, target: Address, size: number, dP: Address): number;
  huberLoss(p: Address, target: Address, size: number, dP: Address): number;
  poisson(p: Address, target: Address, size: number, dP: Address): number;
  // assembly/elementwise.ts
  /** sums[column] += values[row, column], row by row. `sums` has room for whole panels of 16. */
  addRows(values: Address, sums: Address, rows: number, columns: number): void;
  // assembly/embedding.ts
  /** output[word, size] = the word's row; NaN for a word that is none. */
  embed(
    words: Address,
    count: number,
    table: Address,
    vocabulary: number,
    size: number,
    output: Address,
  ): void;
  /**
   * Sorts a batch's words by the block of rows, `blockRows` high, that they stand for; those of a block keep their order.
   * @param ranges [shards] of (first word, how many)
   * @param starts [blocks + 1], written: where the entries of each block begin
   * @param entries [words] of (word, shard), written
   */
  sortWords(
    words: Address,
    ranges: Address,
    shards: number,
    vocabulary: number,
    blockRows: number,
    starts: Address,
    entries: Address,
  ): void;
  /**
   * Adds the gradients of some words to the rows that they stand for, in the slot of the shard that they are of.
   * @param entries [count] of (word, shard)
   * @param firstRow of the block
   * @param dOutput a panel of 16 columns, [words, 16]
   * @param slots [shards] of [rows of a block, 16], `slotBytes` apart
   */
  addWordGradients(
    entries: Address,
    count: number,
    words: Address,
    firstRow: number,
    dOutput: Address,
    slots: Address,
    slotBytes: Address,
  ): void;
  // assembly/equal-windows.ts
  /** Marks the windows of an image. */
  markWindows(shape: AddressOf<WindowShape>, image: Address, marks: Address): void;
  /**
   * Sets the outputs of marked windows, [outputHeight, outputWidth, filters], from the first to the last. A window is like
   * the one a stride before it where each of those between is like the one before.
   */
  settleWindows(shape: AddressOf<WindowShape>, marks: Address, bias: Address, output: Address): void;
  // assembly/fourier-image.ts
  /** The spectrum of a part of an image; around it the tile is zero. */
  imageSpectrum(shape: AddressOf<ImageTile>, image: Address, tile: Address, bin: Address): void;
  /** image = bias + the image of a spectrum. */
  imageOfSpectrum(
    shape: AddressOf<ImageTile>,
    bin: Address,
    tile: Address,
    bias: Address,
    image: Address,
  ): void;
  /** image += the image of a spectrum. */
  addImageOfSpectrum(shape: AddressOf<ImageTile>, bin: Address, tile: Address, image: Address): void;
  // assembly/fourier-weights.ts
  /**
   * The spectrum of a panel of packed weights, [taps, channels, 16], divided by points^2 for the way back. Bins lie
   * pages apart, so those of 16 channels are made in scratch, [bins, 2 (re, im), 16, 16], and copied.
   */
  kernelSpectrum(
    shape: AddressOf<KernelTile>,
    weights: Address,
    tile: Address,
    scratch: Address,
    spectrum: Address,
  ): void;
  /**
   * The spectrum of the weights turned by half a turn, with channels and filters exchanged: in each bin the transposed
   * conjugate, [wideChannels / 16, 2 (re, im), 16 * panels, 16].
   */
  turnSpectrum(shape: AddressOf<KernelTile>, spectrum: Address, turned: Address): void;
  /** A panel of packed weights of their spectrum. @param channelBytes from channel to channel of it */
  kernelOfSpectrum(
    shape: AddressOf<KernelTile>,
    spectrum: Address,
    channelBytes: Address,
    binBytes: Address,
    partBytes: Address,
    tile: Address,
    weights: Address,
  ): void;
  // assembly/gauss.ts
  /** A's third part, of rows of [2 (re, im), width]. @param sums its rows are as far apart as A's */
  addGaussParts(a: Address, rowBytes: Address, partBytes: Address, rows: number, sums: Address): void;
  /** B's parts, [panels, 3, rows, 16], of [panels, 2 (re, im), rows, 16]. */
  splitGaussParts(b: Address, panels: number, rows: number, parts: Address): void;
  /** The parts of B's transposed conjugate, [rows / 16, 3, 16 * panels, 16]. */
  turnGaussParts(b: Address, panels: number, rows: number, parts: Address): void;
  /** The parts of a B whose columns are neighbours, [panels, 3, rows, 16]. @param partBytes from its real part to the imaginary one */
  packGaussParts(
    b: Address,
    rowBytes: Address,
    partBytes: Address,
    panels: number,
    rows: number,
    parts: Address,
  ): void;
  // assembly/halving.ts
  /** @param width of the output, in pixels @param relu 1: the input passes relu on its way in */
  halvingForward(
    height: number,
    width: number,
    channels: number,
    relu: number,
    input: Address,
    output: Address,
    choice: Address,
  ): void;
  /** Each pixel of dInput is dOutput where it was chosen, else zero. */
  halvingBackward(
    height: number,
    width: number,
    channels: number,
    choice: Address,
    dOutput: Address,
    dInput: Address,
  ): void;
  // assembly/image.ts
  /** target[i] = source[i] / 255, as float32. */
  readUint8(source: Address, target: Address, count: number): void;
  /**
   * Copies an image [height, width, channels] into a larger one, whose border is zero and stays so.
   * @param pixelBytes channels * 4
   * @param columnBytes from one pixel to the next in the target (more than pixelBytes: zeros lie between)
   * @param rowBytes from one row to the next in the target
   */
  padImage(
    source: Address,
    target: Address,
    height: number,
    width: number,
    pixelBytes: Address,
    columnBytes: Address,
    rowBytes: Address,
  ): void;
  /**
   * A matrix [rows, columns] as panels of 16 columns, [ceil(columns / 16), rows, 16]; the columns beyond are zero.
   * Panels lie whole in the first-level cache, where rows a power of two apart would evict each other.
   * @param panelBytes from one panel to the next: rows * 64, or more where the matrix is some rows of a larger one
   */
  packPanels(source: Address, target: Address, rows: number, columns: number, panelBytes: Address): void;
  // assembly/l2-normalize.ts
  /** output = input / sqrt(max(sum of squares, 1e-7)) */
  l2Normalize(input: Address, output: Address, rows: number, size: number, columns: number): void;
  /** dInput = (dOutput - y * sum of y dOutput) / length; where the length is the least one, dOutput / length */
  l2NormalizeBackward(
    input: Address,
    dOutput: Address,
    dInput: Address,
    rows: number,
    size: number,
    columns: number,
  ): void;
  // assembly/layer-normalization.ts
  /** output = x * gamma + beta, where x = (value - mean) / deviation; gamma and beta may be 0, for 1 and 0. */
  layerNormalize(
    values: Address,
    rows: number,
    size: number,
    epsilon: number,
    gamma: Address,
    beta: Address,
    output: Address,
  ): void;
  /**
   * sums[i] += dOutput[i], and behind [size] of these dOutput[i] * x, row by row, in float64. Where dInput is not 0, with
   * dX = dOutput * gamma: dInput = (dX - mean of dX - x * mean of (dX * x)) / deviation.
   */
  layerNormalizeBackward(
    values: Address,
    dOutput: Address,
    rows: number,
    size: number,
    epsilon: number,
    gamma: Address,
    sums: Address,
    dInput: Address,
  ): void;
  // assembly/loss.ts
  /**
   * probabilities = softmax(logits); dLogits = probabilities - 1 at the label, where dLogits is not 0.
   * @returns -log of the label's probability
   */
  softmaxCrossEntropy(
    logits: Address,
    classes: number,
    label: number,
    probabilities: Address,
    dLogits: Address,
  ): number;
  /** 1 where the first of the largest logits is the label's, else 0. */
  isCorrect(logits: Address, classes: number, label: number): number;
  /** The same for a target of `size` values: the sum of target * -log(probability), dLogits = probabilities - target. */
  softmaxCrossEntropyOfVector(
    logits: Address,
    size: number,
    target: Address,
    probabilities: Address,
    dLogits: Address,
  ): number;
  /** Of p divided by its sum. */
  categoricalCrossentropy(p: Address, target: Address, size: number, dP: Address): number;
  /** Of clip(p), divided by its sum; the target is a class number. */
  sparseCategoricalCrossentropy(p: Address, target: Address, size: number, dP: Address): number;
  /** The same for a target of `size` values, each of the same scale. @param clipped [size], written */
  sparseCategoricalCrossentropyOfVector(
    p: Address,
    target: Address,
    size: number,
    clipped: Address,
    dP: Address,
  ): number;
  /** values *= factor */
  scale(values: Address, count: number, factor: number): void;
  // assembly/margin-losses.ts
  hinge(p: Address, target: Address, size: number, dP: Address): number;
  squaredHinge(p: Address, target: Address, size: number, dP: Address): number;
  hingeLoss(p: Address, target: Address, size: number, dP: Address): number;
  kullbackLeiblerDivergence(p: Address, target: Address, size: number, dP: Address): number;
  // assembly/masking.ts
  /** mask[time] = 1 where it counts, else 0 */
  timeMask(input: Address, times: number, size: number, value: number, mask: Address): void;
  /** output = values at times where the input counts, else 0; values may be the input itself, or a gradient. */
  maskTimes(
    input: Address,
    values: Address,
    times: number,
    size: number,
    value: number,
    output: Address,
  ): void;
  // assembly/matmul.ts
  /**
   * Where k is long, segment by segment, so that a segment of B stays in the first-level cache for all rows of A: sums
   * go on from what the segment before left in C, which changes no bits.
   */
  matmul(
    shape: AddressOf<MatmulShape>,
    a: Address,
    b: Address,
    init: Address,
    c: Address,
    rows: number,
  ): void;
  /**
   * The same for B transposed, [depth / 16, columns, 16] with both rounded up to 16, `bPanel` from panel to panel: its
   * panels are turned one after the other. `outer` is 1.
   * @param turned scratch of a panel, [depth, 16]
   */
  matmulTransposed(
    shape: AddressOf<MatmulShape>,
    a: Address,
    b: Address,
    init: Address,
    c: Address,
    rows: number,
    turned: Address,
  ): void;
  /** All segments of k in one go: C is large here and k short. Columns of the last panel that do not exist are 0 in B. */
  matmulAcross(
    shape: AddressOf<MatmulShape>,
    a: Address,
    b: Address,
    init: Address,
    c: Address,
    rows: number,
  ): void;
  // assembly/merge.ts
  /** target = a * b; target may be one of them */
  multiply(a: Address, b: Address, target: Address, count: number): void;
  /** largest = max(largest, values); a NaN stays one */
  takeLargest(values: Address, largest: Address, count: number): void;
  /** smallest = min(smallest, values); a NaN stays one */
  takeSmallest(values: Address, smallest: Address, count: number): void;
  /** What is left of the gradient goes to dValues where the values are those that were taken; there nothing is left. */
  takeGradient(values: Address, taken: Address, left: Address, dValues: Address, count: number): void;
  /** A matrix [rows, columns] as [columns, rows]. */
  transposeMatrix(source: Address, target: Address, rows: number, columns: number): void;
  // assembly/nonzeros.ts
  /**
   * A list for each row of a matrix [rows, columns], cut after every `segmentLength` columns.
   * @param bytes from one row of B to the next: the offset of column k is k * bytes
   * @param lists [rows, columns] entries, of which the first are written
   * @param bounds [rows, segments + 1] addresses: where each list begins, and where each of its segments ends
   * @returns how many values are not zero, or -1 where one is not finite
   */
  listByRow(
    values: Address,
    rows: number,
    columns: number,
    segmentLength: number,
    bytes: number,
    lists: Address,
    bounds: Address,
  ): number;
  /**
   * A list for each column of a shard's rows, [rows, columns]; some columns at a time, whose lists stay in the cache.
   * @param offset of the first row of B; the next ones follow at 64 bytes
   * @param lists one a column, `listBytes` apart, room for `rows` entries each
   * @param counts one a column, `countBytes` apart: how many entries each list has
   * @returns how many values are not zero, or -1 where one is not finite
   */
  listByColumn(
    values: Address,
    rows: number,
    columns: number,
    offset: number,
    lists: Address,
    listBytes: Address,
    counts: Address,
    countBytes: Address,
  ): number;
  // assembly/optimizers.ts
  sgd(update: AddressOf<Sgd>, sum: Address, start: number, floats: number): 0 | 1;
  momentum(update: AddressOf<Momentum>, sum: Address, start: number, floats: number): 0 | 1;
  nesterov(update: AddressOf<Nesterov>, sum: Address, start: number, floats: number): 0 | 1;
  adam(update: AddressOf<Adam>, sum: Address, start: number, floats: number): 0 | 1;
  /** @see squaresOfRule */
  adamSquares(update: AddressOf<Adam>, sum: Address, start: number, floats: number, squares: Address): void;
  adamax(update: AddressOf<Adamax>, sum: Address, start: number, floats: number): 0 | 1;
  lion(update: AddressOf<Lion>, sum: Address, start: number, floats: number): 0 | 1;
  adadelta(update: AddressOf<Adadelta>, sum: Address, start: number, floats: number): 0 | 1;
  rmsprop(update: AddressOf<Rmsprop>, sum: Address, start: number, floats: number): 0 | 1;
  adagrad(update: AddressOf<Adagrad>, sum: Address, start: number, floats: number): 0 | 1;
  // assembly/penalty.ts
  /** Sum of l1 |p| + l2 p^2, row by row. Padding adds zeros. */
  penalty(parameters: Address, rows: number, lanes: number, l1: number, l2: number): number;
  /** gradient += examples * (l1 * (p > 0 ? 1 : -1) + 2 * l2 * p) */
  addPenaltyGradient(
    parameters: Address,
    gradient: Address,
    rows: number,
    lanes: number,
    l1: number,
    l2: number,
    examples: number,
  ): void;
  // assembly/pooling.ts
  /**
   * The largest value of each window (the padding does not count), and which one: `choice` is its place in the window,
   * the first of equal ones, or -1 where a relu lets no gradient pass. Channels come in whole vectors of 4 where the count allows.
   */
  maxPoolingForward(shape: AddressOf<PoolingShape>, input: Address, output: Address, choice: Address): void;
  /** dInput += dOutput at each window's choice. dInput is overwritten. */
  maxPoolingBackward(
    shape: AddressOf<PoolingShape>,
    choice: Address,
    dOutput: Address,
    dInput: Address,
  ): void;
  /** The mean of each window's real values. */
  averagePoolingForward(shape: AddressOf<PoolingShape>, input: Address, output: Address): void;
  /** Each real value of a window gets an equal part of the gradient. dInput is overwritten. */
  averagePoolingBackward(shape: AddressOf<PoolingShape>, dOutput: Address, dInput: Address): void;
  // assembly/prelu.ts
  /** output = input where that is not below 0, else alpha * input; a NaN stays one */
  preluForward(input: Address, alpha: Address, output: Address, count: number): void;
  /** dAlpha = gradient * input where that is not above 0, else 0; gradient *= input > 0 ? 1 : alpha */
  preluBackward(input: Address, alpha: Address, gradient: Address, dAlpha: Address, count: number): void;
  // assembly/random.ts
  /**
   * Factors of dropout for one example: 0, or `scale` where the value is kept.
   * @param last purpose and layer, the counter's last word
   */
  dropoutFactors(
    factors: Address,
    count: number,
    position: number,
    step: number,
    last: number,
    k0: number,
    k1: number,
    threshold: number,
    scale: number,
  ): void;
  /** `count` words of an example, from its block `first` on, in whole blocks of four: four blocks at once, a lane each. */
  randomWords(
    words: Address,
    first: number,
    count: number,
    position: number,
    step: number,
    last: number,
    k0: number,
    k1: number,
  ): void;
  /** target = below where the word is below the threshold, else above; in whole vectors, and target may be words */
  chooseByWord(
    words: Address,
    target: Address,
    count: number,
    threshold: number,
    below: number,
    above: number,
  ): void;
  /**
   * Normal numbers of words, two of two (Box and Muller), in float64, four at once; `count` in whole blocks of four, and
   * target may be words. Errors: test/kernels/normal-numbers.test.ts. Plain form: src/model/noise-layers.ts.
   */
  normalsOfWords(words: Address, target: Address, count: number): void;
  /** values = values * factor + shift, in whole vectors */
  stretch(values: Address, count: number, factor: number, shift: number): void;
  // assembly/recurrent.ts
  /** Of lstm: carry = f * before + i * g; `before` may be 0, for zeros. */
  lstmCarry(gates: Address, slab: Address, before: Address, carry: Address, bytes: Address): void;
  /** target = a * b */
  multiplyVectors(a: Address, b: Address, target: Address, bytes: Address): void;
  /** target += source */
  addVectors(source: Address, target: Address, bytes: Address): void;
  /** Of lstm, given the gradient of the carry: those of i, f and g, and in its place that of the carry before. */
  lstmCarryBackward(
    gates: Address,
    slab: Address,
    before: Address,
    dCarry: Address,
    dGates: Address,
    bytes: Address,
  ): void;
  /** Of gru: h = z * before + (1 - z) * a */
  gruState(gates: Address, slab: Address, before: Address, h: Address, bytes: Address): void;
  /** Of gru, given the gradient of h: those of z and a, and that of the state before as far as it goes by z. */
  gruStateBackward(
    gates: Address,
    slab: Address,
    before: Address,
    dH: Address,
    dGates: Address,
    dBefore: Address,
    bytes: Address,
  ): void;
  /** Of gru, given the gradient of r * before: that of r, and added to that of the state before its part. */
  gruResetBackward(
    gates: Address,
    slab: Address,
    before: Address,
    dReset: Address,
    dGates: Address,
    dBefore: Address,
    bytes: Address,
  ): void;
  // assembly/rows.ts
  /** target = 0; faster than a typed array's fill, which goes byte by byte on shared memory. */
  clear(target: Address, bytes: Address): void;
  /** Copies `rows` pieces of `bytes`, each so far from the one before: columns of a matrix to those of another one. */
  copyRows(
    source: Address,
    sourceStride: Address,
    target: Address,
    targetStride: Address,
    bytes: Address,
    rows: number,
  ): void;
  // assembly/skipping.ts
  /**
   * C = init + A B as `matmul` computes it, for A in lists (the bounds that listByRow writes for the shape's segments).
   * Segment by segment: one of B is brought into scratch, whose lines lie together in the first-level cache, for all rows.
   * (In B itself they would be fetched one by one, as the lists ask for them, and a power of two apart.)
   * @param transposed whether B is [depth / 16, columns, 16], both rounded up to 16, instead of [columns / 16, depth, 16];
   *   `bPanel` is from panel to panel of either, and the length of a segment before the last one a multiple of 16
   * @param scratch of the longer one of [depth, 16] and [skippingPanels, length, 16], depth and length rounded up to 16
   */
  matmulSkipping(
    shape: AddressOf<MatmulShape>,
    bounds: Address,
    b: Address,
    transposed: boolean,
    init: Address,
    c: Address,
    rows: number,
    scratch: Address,
  ): void;
  /** +0 for -0: a sum that begins with -0 or underflows keeps its sign where products with zero are skipped. */
  positiveZeros(values: Address, count: number): void;
  // assembly/skipping-convolution.ts
  /**
   * Lists of the values of [height, width, filters] that are not zero, and their sums. An entry is 8 bytes: an offset,
   * then the value.
   * @param byPixel one list after the other, the offset is that of the filter in a panel of the kernel
   * @param pixelBounds [height * width + 1] addresses: where each one begins, and where the last one ends
   * @param byFilter [filters, height * width] entries, of which the first are written; the offset is that of the window
   * @param filterBounds [filters, 2] addresses: where each one begins and ends
   * @param sums [filters]: the values of each filter are added, in order; 0: they are not
   */
  listGradient(
    shape: AddressOf<SkippingShape>,
    values: Address,
    byPixel: Address,
    pixelBounds: Address,
    byFilter: Address,
    filterBounds: Address,
    sums: Address,
  ): void;
  /** sums[tap, filter, 16] += for each of the filter's values: value * the window's panel */
  addKernelGradient(
    shape: AddressOf<SkippingShape>,
    filterBounds: Address,
    image: Address,
    sums: Address,
  ): void;
  /** Each window of the padded dImage += for each of the pixel's values: value * kernel[tap, filter, 16] */
  addInputGradient(
    shape: AddressOf<SkippingShape>,
    pixelBounds: Address,
    kernel: Address,
    dImage: Address,
  ): void;
  // assembly/softmax.ts
  /** output[row, ...] = exp(input[row, ...] - its largest) / their sum. Output may lie over input. */
  softmaxRows(input: Address, output: Address, rows: number, columns: number): void;
  /**
   * dInput[row, c] = output[row, c] * (dOutput[row, c] - sum over the row of output * dOutput); dInput may lie over
   * dOutput.
   */
  softmaxRowsBackward(
    output: Address,
    dOutput: Address,
    dInput: Address,
    rows: number,
    columns: number,
  ): void;
  /** The logarithm of softmaxRows. Output may lie over input. */
  logSoftmaxRows(input: Address, output: Address, rows: number, columns: number): void;
  /** dInput[row, c] = dOutput[row, c] - exp(output[row, c]) * sum over the row of dOutput */
  logSoftmaxRowsBackward(
    output: Address,
    dOutput: Address,
    dInput: Address,
    rows: number,
    columns: number,
  ): void;
  // assembly/sparse-image.ts
  /** How many values are not zero. @param count a multiple of 4 */
  countNonzeros(values: Address, count: number): number;
  /**
   * Packed weights [filters / 16, kernelHeight, kernelWidth, channels, 16], with the taps turned, as rows:
   * [channels, kernelHeight, kernelWidth, filters].
   */
  turnedRows(shape: AddressOf<SparseImageShape>, weights: Address, rows: Address): void;
  /**
   * @param rows of `turnedRows`
   * @param bias [filters]
   */
  convolveNonzeros(
    shape: AddressOf<SparseImageShape>,
    image: Address,
    rows: Address,
    bias: Address,
    output: Address,
  ): void;
  // assembly/transpose.ts
  /**
   * A block of panels [panels, rows, 16] as panels of the transposed matrix [rows / 16, 16 * panels, 16].
   * @param sourcePanel bytes from one panel to the next
   */
  transposePanels(
    source: Address,
    sourcePanel: Address,
    target: Address,
    targetPanel: Address,
    panels: number,
    rows: number,
  ): void;
  /**
   * Packed convolution weights [filters / 16, kernelHeight * kernelWidth * channels, 16] turned by half a turn, with
   * channels and filters exchanged: [channels / 16, kernelHeight * kernelWidth * filters, 16].
   */
  turnKernel(source: Address, target: Address, taps: number, channels: number, filters: number): void;
  // assembly/tree-sum.ts
  /**
   * The pairwise tree sum of `count` arrays, `strideBytes` apart, each `floats` long (a multiple of 4).
   * @param scratch [ceil(count / 2), floats]: the sum ends in its first row
   */
  treeSum(slots: Address, strideBytes: Address, count: number, floats: number, scratch: Address): void;
  // assembly/update-blocks.ts
  /** The sum of the squares of `floats` (a multiple of 4) mean gradients. */
  squaresOfMean(sum: Address, floats: number, examples: number): number;
  /** target = sum + added, [floats] each (a multiple of 4). The target may be either. */
  addSums(sum: Address, added: Address, floats: number, target: Address): void;
  /** target = sum. @returns whether all of it is finite */
  keepSums(sum: Address, floats: number, target: Address): 0 | 1;
  /** target = average * momentum + values * (1 - momentum), [floats] each (a multiple of 4). */
  averageBlock(
    average: Address,
    values: Address,
    floats: number,
    momentum: number,
    rest: number,
    target: Address,
  ): void;
  // assembly/vector-losses.ts
  /** As TensorFlow.js, each of several largest gets the whole gradient. */
  categoricalHinge(p: Address, target: Address, size: number, dP: Address): number;
  cosineProximity(p: Address, target: Address, size: number, dP: Address): number;
  cosineDistance(p: Address, target: Address, size: number, dP: Address): number;
  // assembly/weight-gradient.ts
  /**
   * @param dOutput [rows, units of the layer], from the block's first unit on
   * @param inputs [panels, rows of the batch, 16]
   * @param target [panels, wideUnits, 16]; rows beyond `units` become zero
   */
  weightGradient(
    shape: AddressOf<WeightGradientShape>,
    dOutput: Address,
    inputs: Address,
    panels: number,
    units: number,
    wideUnits: number,
    target: Address,
  ): void;
  /**
   * The same, skipping the zeros of dOutput, unit by unit; of so many shards at a time as the cache holds the inputs of.
   * @param lists of the block's units; those of a shard begin at its first row
   * @param counts [units, shards]
   */
  weightGradientSkipping(
    shape: AddressOf<WeightGradientShape>,
    lists: Address,
    counts: Address,
    inputs: Address,
    panels: number,
    units: number,
    wideUnits: number,
    target: Address,
  ): void;
  // assembly/windows.ts
  /** Copies them; the padding is zero. */
  gatherWindows(shape: AddressOf<WindowMatrixShape>, image: Address, windows: Address): void;
  /** Adds each window to where it lies in the image. */
  addWindows(shape: AddressOf<WindowMatrixShape>, windows: Address, image: Address): void;
  // assembly/winograd.ts
  /** bins = B' tile B for each tile */
  winogradInput(shape: AddressOf<WinogradImage>, image: Address, bins: Address): void;
  /** tile = bias + A' bins A for each tile */
  winogradOutput(shape: AddressOf<WinogradImage>, bins: Address, bias: Address, image: Address): void;
  /** bins = A tile A' for each tile of an output's gradient */
  winogradOutputGradient(shape: AddressOf<WinogradImage>, image: Address, bins: Address): void;
  /** tile += B bins B' for each tile of an input's gradient */
  winogradInputGradient(shape: AddressOf<WinogradImage>, bins: Address, image: Address): void;
  /** bins = G weights G', [3 * 3, rows, 16] to [36, rows, 16] */
  winogradWeights(shape: AddressOf<WinogradWeights>, weights: Address, bins: Address): void;
  /** gradient = G' bins G, [36, rows, 16] to [3 * 3, rows, 16] */
  winogradWeightGradient(shape: AddressOf<WinogradWeights>, bins: Address, gradient: Address): void;
}
