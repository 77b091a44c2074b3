/** The structs that kernels take, as assembly/ declares them. Written by scripts/build-kernels.ts: do not change it here. */
import { type Address, type AddressOf, layoutOf } from './struct.ts';

export interface UpSamplingShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly factorY: number;
  readonly factorX: number;
}

export const upSamplingShapeLayout = layoutOf<UpSamplingShape>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  factorY: 'i32',
  factorX: 'i32',
});

/** A complex matrix product in each of some bins. */
export interface ComplexShape {
  readonly bins: number;
  /** A: from row to row, from k to k, from the real part to the imaginary one, from bin to bin. */
  readonly aRow: Address;
  readonly aStep: Address;
  readonly aImaginary: Address;
  readonly aBin: Address;
  /** B: 16 columns are neighbours. */
  readonly bStep: Address;
  readonly bImaginary: Address;
  readonly bPanel: Address;
  readonly bBin: Address;
  /** C: 16 columns are neighbours. */
  readonly cRow: Address;
  readonly cImaginary: Address;
  readonly cPanel: Address;
  readonly cBin: Address;
  /** Panels of 16 columns. */
  readonly panels: number;
  /** k runs from 0 to `length`. */
  readonly length: number;
  /** A line of zeros. */
  readonly zeros: Address;
}

export const complexShapeLayout = layoutOf<ComplexShape>({
  bins: 'i32',
  aRow: 'usize',
  aStep: 'usize',
  aImaginary: 'usize',
  aBin: 'usize',
  bStep: 'usize',
  bImaginary: 'usize',
  bPanel: 'usize',
  bBin: 'usize',
  cRow: 'usize',
  cImaginary: 'usize',
  cPanel: 'usize',
  cBin: 'usize',
  panels: 'i32',
  length: 'i32',
  zeros: 'usize',
});

export interface DepthwiseShape {
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly channels: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  /** In bytes of the padded image: from window to window, and from tap to tap. */
  readonly strideY: Address;
  readonly strideX: Address;
  readonly tapY: Address;
  readonly tapX: Address;
}

export const depthwiseShapeLayout = layoutOf<DepthwiseShape>({
  outputHeight: 'i32',
  outputWidth: 'i32',
  channels: 'i32',
  windowHeight: 'i32',
  windowWidth: 'i32',
  strideY: 'usize',
  strideX: 'usize',
  tapY: 'usize',
  tapX: 'usize',
});

/** */
export interface WindowShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly top: number;
  readonly left: number;
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly filters: number;
  /** From row to row of the marks: [paddedHeight] rows of at least paddedWidth + 15 + kernelWidth bytes, in vectors. */
  readonly markRow: Address;
}

export const windowShapeLayout = layoutOf<WindowShape>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  top: 'i32',
  left: 'i32',
  paddedHeight: 'i32',
  paddedWidth: 'i32',
  kernelHeight: 'i32',
  kernelWidth: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  outputHeight: 'i32',
  outputWidth: 'i32',
  filters: 'i32',
  markRow: 'usize',
});

/** Which part of an image, or of every stride-th of its pixels, is in a tile. */
export interface ImageTile {
  /** Rows and columns of a tile: 16 or 8. */
  readonly points: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** The channels of a spectrum: rounded up to whole panels. */
  readonly wideChannels: number;
  /** From row to row of the image, and from pixel to pixel, of those that are in the tile. */
  readonly imageRow: Address;
  readonly pixelBytes: Address;
  /** Row and column of the tile where the part begins. */
  readonly firstRow: number;
  readonly firstColumn: number;
  /** From bin to bin of the spectrum, and from the real part to the imaginary one. */
  readonly binBytes: Address;
  readonly partBytes: Address;
}

export const imageTileLayout = layoutOf<ImageTile>({
  points: 'i32',
  rows: 'i32',
  columns: 'i32',
  channels: 'i32',
  wideChannels: 'i32',
  imageRow: 'usize',
  pixelBytes: 'usize',
  firstRow: 'i32',
  firstColumn: 'i32',
  binBytes: 'usize',
  partBytes: 'usize',
});

/** */
export interface KernelTile {
  /** Rows and columns of a tile: 16 or 8. */
  readonly points: number;
  /** Of the taps that are in the tile: all of a kernel's, or every stride-th. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Bytes from one of these taps to the next one in a row, and from row to row. */
  readonly tapBytes: Address;
  readonly tapRowBytes: Address;
  /** Rows of the spectrum's matrices: channels, rounded up to whole panels, of all tiles that are multiplied together. */
  readonly wideChannels: number;
  /** Panels of 16 filters. */
  readonly panels: number;
  /** A kernel's first row and column lie that far before the tile's, around its edge. */
  readonly shiftY: number;
  readonly shiftX: number;
  /** From bin to bin of the spectrum, [panels, 2 (re, im), wideChannels, 16]. */
  readonly binBytes: Address;
}

export const kernelTileLayout = layoutOf<KernelTile>({
  points: 'i32',
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  tapBytes: 'usize',
  tapRowBytes: 'usize',
  wideChannels: 'i32',
  panels: 'i32',
  shiftY: 'i32',
  shiftX: 'i32',
  binBytes: 'usize',
});

/** What stays the same between calls of a matrix product: strides in bytes and counts. */
export interface MatmulShape {
  /** A: from row to row, from k to k, from segment to segment, from one outer step to the next. */
  readonly aRow: Address;
  readonly aStep: Address;
  readonly aSegment: Address;
  readonly aOuter: Address;
  /** B, packed in panels of 16 columns, [columns / 16, k, 16]: from panel to panel. */
  readonly bPanel: Address;
  /** The values that sums begin with; all 0 for one line that serves every row. */
  readonly initRow: Address;
  readonly initPanel: Address;
  readonly initOuter: Address;
  /** C */
  readonly cRow: Address;
  readonly cPanel: Address;
  readonly cOuter: Address;
  /** Columns of C that are stored. */
  readonly columns: number;
  /** k runs from 0 to `depth`, in `segments` stretches of `length`. */
  readonly depth: number;
  readonly segments: number;
  readonly length: number;
  /** How often the product is repeated with A and C (and init) moved on. */
  readonly outer: number;
  /** Scratch of a tile, [rows, 16], for a last panel of less than 16 columns. */
  readonly edge: Address;
}

export const matmulShapeLayout = layoutOf<MatmulShape>({
  aRow: 'usize',
  aStep: 'usize',
  aSegment: 'usize',
  aOuter: 'usize',
  bPanel: 'usize',
  initRow: 'usize',
  initPanel: 'usize',
  initOuter: 'usize',
  cRow: 'usize',
  cPanel: 'usize',
  cOuter: 'usize',
  columns: 'i32',
  depth: 'i32',
  segments: 'i32',
  length: 'i32',
  outer: 'i32',
  edge: 'usize',
});

/** */
export interface PoolingShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly top: number;
  readonly left: number;
  /** 1: the input passes relu on its way in, the output's gradient on its way back. */
  readonly relu: number;
}

export const poolingShapeLayout = layoutOf<PoolingShape>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  outputHeight: 'i32',
  outputWidth: 'i32',
  windowHeight: 'i32',
  windowWidth: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  top: 'i32',
  left: 'i32',
  relu: 'i32',
});

/** */
export interface SkippingShape {
  /** The output. */
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Panels of 16 channels. */
  readonly channelPanels: number;
  /** The padded image: from row to row, and from pixel to pixel. */
  readonly rowBytes: Address;
  readonly pixelBytes: Address;
  /** The kernel as [kernelHeight, kernelWidth, channelPanels, filters, 16]: from panel to panel. */
  readonly kernelPanel: Address;
}

export const skippingShapeLayout = layoutOf<SkippingShape>({
  height: 'i32',
  width: 'i32',
  filters: 'i32',
  kernelHeight: 'i32',
  kernelWidth: 'i32',
  channelPanels: 'i32',
  rowBytes: 'usize',
  pixelBytes: 'usize',
  kernelPanel: 'usize',
});

/** */
export interface SparseImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Of the output, a multiple of 16. */
  readonly filters: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** How far above and left of a pixel the outputs begin whose windows have it. */
  readonly above: number;
  readonly left: number;
}

export const sparseImageShapeLayout = layoutOf<SparseImageShape>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  filters: 'i32',
  outputHeight: 'i32',
  outputWidth: 'i32',
  kernelHeight: 'i32',
  kernelWidth: 'i32',
  above: 'i32',
  left: 'i32',
});

/** What is the same for all blocks of an update. A rule's settings follow. */
export interface Update {
  /** The parameters before and after: never the same memory, so that an update can be done again. */
  readonly current: Address;
  readonly next: Address;
  /** The first state array before and after, and the second; 0 where the optimizer has none. */
  readonly first: Address;
  readonly nextFirst: Address;
  readonly second: Address;
  readonly nextSecond: Address;
  /** How many examples the sums of gradients are of. */
  readonly examples: number;
  readonly learningRate: number;
  /** What the mean gradient is multiplied by, and within which of -limit and limit it is then held: 1 and infinity change nothing. */
  readonly scale: number;
  readonly limit: number;
  /** What a parameter is multiplied by before it is added to itself: -learningRate * weightDecay, and never -0. */
  readonly weightDecay: number;
}

export const updateLayout = layoutOf<Update>({
  current: 'usize',
  next: 'usize',
  first: 'usize',
  nextFirst: 'usize',
  second: 'usize',
  nextSecond: 'usize',
  examples: 'f32',
  learningRate: 'f32',
  scale: 'f32',
  limit: 'f32',
  weightDecay: 'f32',
});

/** */
export interface WeightGradientShape {
  /** The product of one shard, from row to row of the outputs' gradients `aStep`; others of its fields are set here. */
  readonly product: AddressOf<MatmulShape>;
  readonly shards: number;
  /** [shards, 2] the first row and the number of rows of each shard. */
  readonly shardRows: Address;
  /** The inputs: from panel to panel. */
  readonly inputPanel: Address;
  /** Lists of what of dOutput is not zero (listByColumn): from unit to unit. */
  readonly listBytes: Address;
  /** A panel of zeros. */
  readonly zeros: Address;
  /** Room for the parts of a block that wait: one more than the tree has levels. */
  readonly stack: Address;
  /** Room for [rowsTogether, mostUnits + 16] floats. */
  readonly together: Address;
}

export const weightGradientShapeLayout = layoutOf<WeightGradientShape>({
  product: 'usize',
  shards: 'i32',
  shardRows: 'usize',
  inputPanel: 'usize',
  listBytes: 'usize',
  zeros: 'usize',
  stack: 'usize',
  together: 'usize',
});

export interface WindowMatrixShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How many windows there are. */
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Rows of padding above the image, and columns on its left. */
  readonly top: number;
  readonly left: number;
}

export const windowMatrixShapeLayout = layoutOf<WindowMatrixShape>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  outputHeight: 'i32',
  outputWidth: 'i32',
  windowHeight: 'i32',
  windowWidth: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  dilationY: 'i32',
  dilationX: 'i32',
  top: 'i32',
  left: 'i32',
});

/** An image, and where its tiles lie in the bins. */
export interface WinogradImage {
  readonly height: number;
  readonly width: number;
  /** Those that are transformed, a multiple of 16. */
  readonly channels: number;
  /** From pixel to pixel. */
  readonly pixelBytes: Address;
  /** How far above and left of the image the first tile begins. */
  readonly top: number;
  readonly left: number;
  readonly tilesY: number;
  readonly tilesX: number;
  /** From bin to bin, from tile to tile, and from 16 channels to the next ones. */
  readonly binBytes: Address;
  readonly tileBytes: Address;
  readonly panelBytes: Address;
  /** [38] cells of scratch: those of a tile, one of zeros, one that takes what is outside of the image. */
  readonly cells: Address;
}

export const winogradImageLayout = layoutOf<WinogradImage>({
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  pixelBytes: 'usize',
  top: 'i32',
  left: 'i32',
  tilesY: 'i32',
  tilesX: 'i32',
  binBytes: 'usize',
  tileBytes: 'usize',
  panelBytes: 'usize',
  cells: 'usize',
});

/** The weights of 16 filters, or their gradient. */
export interface WinogradWeights {
  /** Rows of 16: channels of a tap (weights), filters (gradient). */
  readonly rows: number;
  /** From tap to tap, and from bin to bin. */
  readonly tapBytes: Address;
  readonly binBytes: Address;
  /** [36] cells of scratch. */
  readonly cells: Address;
}

export const winogradWeightsLayout = layoutOf<WinogradWeights>({
  rows: 'i32',
  tapBytes: 'usize',
  binBytes: 'usize',
  cells: 'usize',
});

/** change = learningRate * gradient */
export interface Sgd extends Update {}

export const sgdLayout = layoutOf<Sgd>({ ...updateLayout.types });

/** velocity = momentum * velocity + gradient; change = learningRate * velocity */
export interface Momentum extends Update {
  readonly momentum: number;
}

export const momentumLayout = layoutOf<Momentum>({ ...updateLayout.types, momentum: 'f32' });

/** velocity = momentum * velocity + gradient; change = learningRate * (gradient + momentum * velocity) */
export interface Nesterov extends Update {
  readonly momentum: number;
}

export const nesterovLayout = layoutOf<Nesterov>({ ...updateLayout.types, momentum: 'f32' });

export interface Adam extends Update {
  readonly beta1: number;
  /** 1 - beta1, rounded once. */
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
  readonly epsilon: number;
  /** 1 - beta ^ step */
  readonly correction1: number;
  readonly correction2: number;
}

export const adamLayout = layoutOf<Adam>({
  ...updateLayout.types,
  beta1: 'f32',
  rest1: 'f32',
  beta2: 'f32',
  rest2: 'f32',
  epsilon: 'f32',
  correction1: 'f32',
  correction2: 'f32',
});

/** The largest gradient, which decays, in place of Adam's root of squares. */
export interface Adamax extends Update {
  readonly beta1: number;
  /** 1 - beta1, rounded once. */
  readonly rest1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 - beta1 ^ step */
  readonly correction: number;
}

export const adamaxLayout = layoutOf<Adamax>({
  ...updateLayout.types,
  beta1: 'f32',
  rest1: 'f32',
  beta2: 'f32',
  epsilon: 'f32',
  correction: 'f32',
});

/** change = learningRate * sign(beta1 * m + rest1 * gradient), of the m before */
export interface Lion extends Update {
  readonly beta1: number;
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
}

export const lionLayout = layoutOf<Lion>({
  ...updateLayout.types,
  beta1: 'f32',
  rest1: 'f32',
  beta2: 'f32',
  rest2: 'f32',
});

/** change = learningRate * step, step = gradient * sqrt(d + epsilon) / sqrt(squares + epsilon), of the d before */
export interface Adadelta extends Update {
  readonly rho: number;
  /** 1 - rho, rounded once. */
  readonly rest: number;
  readonly epsilon: number;
  /** 1 where a step is divided by the squares before it, else 0. */
  readonly lags: number;
}

export const adadeltaLayout = layoutOf<Adadelta>({
  ...updateLayout.types,
  rho: 'f32',
  rest: 'f32',
  epsilon: 'f32',
  lags: 'i32',
});

export interface Rmsprop extends Update {
  readonly decay: number;
  /** 1 - decay, rounded once. */
  readonly rest: number;
  readonly momentum: number;
  readonly epsilon: number;
}

export const rmspropLayout = layoutOf<Rmsprop>({
  ...updateLayout.types,
  decay: 'f32',
  rest: 'f32',
  momentum: 'f32',
  epsilon: 'f32',
});

export interface Adagrad extends Update {
  readonly epsilon: number;
}

export const adagradLayout = layoutOf<Adagrad>({ ...updateLayout.types, epsilon: 'f32' });
