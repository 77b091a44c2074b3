/** Models that have each layer kind of a family; see trainings.ts. */
import {
  constraints,
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { filled, withWeights } from './models.ts';

/** Each activation but those of directModel; softmax in the middle, prelu. */
export const activationsModel = (): LayersModel =>
  withWeights([
    layers.conv2d({ inputShape: [6, 5, 2], filters: 5, kernelSize: 3, activation: 'elu' }),
    layers.prelu({ sharedAxes: [1, 2] }),
    layers.conv2d({ filters: 6, kernelSize: 2, activation: 'mish' }),
    layers.softmax({ axis: -1 }),
    layers.flatten(),
    ...(['selu', 'relu6', 'softplus', 'softsign', 'hardSigmoid', 'swish', 'gelu', 'softmax'] as const).map(
      (activation) => layers.dense({ units: 11, activation: activation as 'selu' }),
    ),
    layers.prelu({}),
    layers.thresholdedReLU({ theta: -0.5 }),
    layers.reLU({ maxValue: 0.25 }),
    layers.dense({ units: 5 }),
  ]);

/** Small images of many channels. */
export const manyChannelsModel = (): LayersModel =>
  withWeights([
    layers.conv2d({
      inputShape: [2, 2, 24],
      filters: 48,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
    }),
    layers.conv2d({ filters: 64, kernelSize: 2, strides: 2, activation: 'tanh' }),
    layers.flatten(),
    layers.dense({ units: 5 }),
  ]);

/** The same by Winograd transforms. */
export const fewTilesModel = (): LayersModel =>
  withWeights([
    layers.conv2d({
      inputShape: [4, 4, 112],
      filters: 128,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
    }),
    layers.globalAveragePooling2d({}),
    layers.dense({ units: 5 }),
  ]);

/** Convolutions of 3 x 3 between whole panels of channels, behind one that is not. */
export const tilesModel = (): LayersModel =>
  withWeights([
    layers.conv2d({
      inputShape: [16, 15, 2],
      filters: 16,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
    }),
    layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 16, kernelSize: 3, useBias: false, padding: 'same' }),
    layers.flatten(),
    layers.dense({ units: 5 }),
  ]);

/** Convolutions of every kind, and what else layers do with images. */
export const imagesModel = (): LayersModel =>
  withWeights([
    layers.zeroPadding2d({ inputShape: [6, 5, 2], padding: 1 }),
    layers.separableConv2d({ filters: 18, kernelSize: 3, activation: 'relu' }),
    layers.conv2dTranspose({ filters: 5, kernelSize: 5, strides: 2, padding: 'same', activation: 'tanh' }),
    layers.conv2d({ filters: 6, kernelSize: 2, dilationRate: 3 }),
    layers.depthwiseConv2d({ kernelSize: 3, strides: 2, activation: 'relu' }),
    layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
    layers.upSampling2d({ size: [1, 2] }),
    layers.cropping2D({ cropping: 1 }),
    layers.permute({ dims: [2, 1, 3] }),
    layers.globalAveragePooling2d({}),
    layers.repeatVector({ n: 7 }),
    layers.permute({ dims: [2, 1] }),
    layers.conv1d({ filters: 8, kernelSize: 2, dilationRate: 2 }),
    layers.maxPooling1d({ poolSize: 2, strides: 1 }),
    layers.averagePooling1d({ poolSize: 2 }),
    layers.globalMaxPooling1d({}),
    layers.dense({ units: 5 }),
  ]);

/** Tensors that meet in each way, of images, vectors and matrices. */
export const mergingModel = (): LayersModel => {
  const image = input({ shape: [5, 4, 2] });
  const meet = (layer: object, ...tensors: SymbolicTensor[]) =>
    (layer as ReturnType<typeof layers.add>).apply(tensors) as SymbolicTensor;
  const conv = (from: SymbolicTensor) =>
    layers
      .conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh' })
      .apply(from) as SymbolicTensor;
  const product = meet(layers.multiply(), conv(image), conv(image));
  const largest = meet(layers.maximum(), product, conv(product), conv(image));
  const rows = layers.reshape({ targetShape: [20, 3] }).apply(largest) as SymbolicTensor;
  const dense = (units: number) => layers.dense({ units }).apply(rows) as SymbolicTensor;
  const smallest = meet(layers.minimum(), dense(3), rows);
  const scores = meet(layers.dot({ axes: [2, 2] }), dense(4), dense(4));
  const weights = layers.softmax({ axis: -1 }).apply(scores) as SymbolicTensor;
  const context = meet(layers.dot({ axes: [2, 1] }), weights, smallest);
  const mean = meet(layers.average(), context, dense(3), rows);
  const flat = layers.flatten().apply(meet(layers.dot({ axes: [1, 1] }), mean, rows)) as SymbolicTensor;
  return filled(model({ inputs: image, outputs: layers.dense({ units: 5 }).apply(flat) as SymbolicTensor }));
};

/** Tensors that are broadcast, normalized, logarithms of softmax, gelu_new. */
export const broadcastModel = (): LayersModel => {
  const rows = input({ shape: [6, 10] });
  const apply = (layer: object, ...tensors: SymbolicTensor[]) =>
    (layer as ReturnType<typeof layers.add>).apply(
      tensors.length === 1 ? tensors[0] : tensors,
    ) as SymbolicTensor;
  const flat = apply(layers.flatten(), rows);
  const dense = (units: number, from: SymbolicTensor, activation: string) =>
    apply(layers.dense({ units, activation: activation as 'gelu' }), from);
  const [row, column] = [dense(5, flat, 'gelu_new'), dense(1, rows, 'tanh')];
  const mixed = apply(layers.maximum(), apply(layers.add(), column, row), dense(5, rows, 'logSoftmax'));
  const scores = apply(layers.dot({ axes: [2, 2], normalize: true }), mixed, dense(5, rows, 'linear'));
  const mean = apply(layers.average(), scores, apply(layers.multiply(), column, scores));
  const outputs = dense(5, apply(layers.flatten(), mean), 'linear');
  return filled(model({ inputs: rows, outputs }));
};

/** Constraints of each kind, of weights that are packed in each way. */
export const constrainedModel = (): LayersModel =>
  withWeights([
    layers.conv2d({
      ...{ inputShape: [6, 5, 2], filters: 7, kernelSize: 3, activation: 'relu' },
      kernelConstraint: constraints.unitNorm({ axis: [0, 1, 2] as unknown as number }),
      biasConstraint: 'nonNeg',
    }),
    layers.reshape({ targetShape: [12, 7] }),
    layers.gru({
      ...{ units: 9, recurrentInitializer: 'glorotNormal', recurrentConstraint: 'unitNorm' },
      kernelConstraint: constraints.maxNorm({ maxValue: 0.7, axis: 1 }),
      kernelRegularizer: 'l1l2',
    }),
    layers.dense({
      ...{ units: 19, activation: 'tanh' },
      kernelConstraint: constraints.minMaxNorm({ minValue: 0.3, maxValue: 0.6, rate: 0.5 }),
    }),
    layers.dense({ units: 5, kernelConstraint: 'nonNeg' }),
  ]);

/** A layer at each time, cells on each other. */
export const cellsModel = (): LayersModel =>
  withWeights([
    layers.timeDistributed({
      inputShape: [3, 5, 4, 2],
      layer: layers.conv2d({ filters: 5, kernelSize: 3, activation: 'relu', kernelRegularizer: 'l1l2' }),
    }),
    layers.timeDistributed({ layer: layers.globalMaxPooling2d({}) }),
    layers.rnn({
      cell: [
        layers.gruCell({ units: 6, recurrentInitializer: 'glorotNormal' }),
        layers.lstmCell({ units: 5, recurrentInitializer: 'glorotNormal' }),
      ] as never,
      goBackwards: true,
    }),
    layers.dense({ units: 5 }),
  ]);

/** Noise of every kind. */
export const noiseModel = (): LayersModel =>
  withWeights([
    layers.gaussianNoise({ inputShape: [6, 5, 2], stddev: 0.3 }),
    layers.conv2d({ filters: 5, kernelSize: 3, activation: 'selu' }),
    layers.gaussianDropout({ rate: 0.2 }),
    layers.reshape({ targetShape: [12, 5] }),
    layers.spatialDropout1d({ rate: 0.3 }),
    layers.flatten(),
    layers.alphaDropout({ rate: 0.25 }),
    layers.dense({ units: 5 }),
  ]);
