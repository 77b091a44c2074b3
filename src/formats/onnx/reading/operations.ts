/** The operations of ONNX that are taken, and what each becomes. */
import { transposed } from '../graph.ts';
import { readExpand, readPlace, readPooled, readSlice } from './axes.ts';
import type { Made } from './builder.ts';
import type { Constant } from './constants.ts';
import { inOrder, layerOf, type NodeReader, type ReadNode, refused, round } from './node-reader.ts';
import { readRecurrent } from './recurrent.ts';
import {
  readAxes,
  readConcat,
  readFlatten,
  readMerging,
  readPad,
  readReshape,
  readResize,
  readTile,
  readTranspose,
} from './shapes.ts';
import { readConv, readConvTranspose, readGlobalPooling, readPooling } from './windows.ts';

/** Value by value: the order of the dimensions stays. */
const byValue = (reader: NodeReader, className: string, config: object): Made => {
  const { shape, isFirst } = reader.made(0);
  return layerOf(reader, className, config, [reader.made(0)], { shape, isFirst });
};

const activation =
  (name: string): ReadNode =>
  (reader) =>
    byValue(reader, 'Activation', { activation: name });

const alpha = ({ settings }: NodeReader, absent: number): number => round(settings.float('alpha', absent));

const readElu: ReadNode = (reader) => {
  if (alpha(reader, 1) !== 1) throw refused(reader, 'its `alpha` is not 1');
  return activation('elu')(reader);
};

const readHardSigmoid: ReadNode = (reader) => {
  if (alpha(reader, 0.2) !== 0.2 || round(reader.settings.float('beta', 0.5)) !== 0.5)
    throw refused(reader, 'its `alpha` and `beta` are not 0.2 and 0.5');
  return activation('hard_sigmoid')(reader);
};

const readGelu: ReadNode = (reader) =>
  activation(reader.settings.text('approximate', 'none') === 'tanh' ? 'gelu_new' : 'gelu')(reader);

const readSigmoid: ReadNode = (reader) => ({ ...activation('sigmoid')(reader), sigmoidOf: reader.made(0) });

/** With a lower bound of 0. */
const readClip: ReadNode = (reader) => {
  const least = reader.constant(1)?.values[0] ?? reader.settings.float('min', Number.NEGATIVE_INFINITY);
  const most = reader.constant(2)?.values[0] ?? reader.settings.float('max', Number.POSITIVE_INFINITY);
  if (least !== 0) throw refused(reader, `its lower bound is ${least}, and not 0`);
  return byValue(reader, 'ReLU', most < 3e38 ? { max_value: most } : {});
};

/** x sigmoid(x), or the product of tensors. */
const readMul: ReadNode = (reader) => {
  if (reader.constant(0) !== undefined || reader.constant(1) !== undefined)
    throw refused(reader, 'it multiplies by a constant');
  const [one, other] = reader.allMade();
  const swished =
    one.sigmoidOf?.layer === other.layer ? other : other.sigmoidOf?.layer === one.layer ? one : undefined;
  if (swished === undefined) return readMerging('Multiply')(reader);
  const { shape, isFirst } = swished;
  return layerOf(reader, 'Activation', { activation: 'swish' }, [swished], { shape, isFirst });
};

const softmax =
  (name: string): ReadNode =>
  (reader) => {
    const value = inOrder(reader, reader.made(0));
    const axis = reader.settings.int('axis', -1);
    if (axis !== -1 && axis !== value.shape.length)
      throw refused(reader, `its \`axis\` is ${axis}, and not the last one`);
    return layerOf(reader, 'Activation', { activation: name }, [value], {
      shape: value.shape,
      isFirst: false,
    });
  };

function dense(reader: NodeReader, value: Made, kernel: Constant, bias: Constant | undefined): Made {
  const [inputs, units] = kernel.shape;
  if (value.shape.at(-1) !== inputs)
    throw refused(reader, `its matrix has ${inputs} rows, and its input ${value.shape.at(-1)} values`);
  const shape = [...value.shape.slice(0, -1), units];
  const own = { kernel, ...(bias === undefined ? {} : { bias }) };
  return layerOf(
    reader,
    'Dense',
    { units, use_bias: bias !== undefined },
    [value],
    { shape, isFirst: false },
    own,
  );
}

/** Of the matrices of an example. */
const readDot: ReadNode = (reader) => {
  const values = reader.allMade().map((value) => inOrder(reader, value));
  const [[rows, depth], [other, columns]] = values.map(({ shape }) => shape);
  if (values.some(({ shape }) => shape.length !== 2) || depth !== other)
    throw refused(reader, 'it multiplies by no matrix, of the file or of the example');
  return layerOf(reader, 'Dot', { axes: [2, 1] }, values, { shape: [rows, columns], isFirst: false });
};

const readMatMul: ReadNode = (reader) => {
  const kernel = reader.constant(1);
  if (kernel === undefined && reader.constant(0) === undefined) return readDot(reader);
  if (kernel?.shape.length !== 2) throw refused(reader, 'it multiplies by no matrix that stands in the file');
  return dense(reader, inOrder(reader, reader.made(0)), kernel, undefined);
};

const readGemm: ReadNode = (reader) => {
  const { settings } = reader;
  const given = reader.constant(1);
  const [bias, value] = [reader.constant(2), inOrder(reader, reader.made(0))];
  const isPlain =
    settings.int('transA', 0) === 0 && settings.float('alpha', 1) === 1 && settings.float('beta', 1) === 1;
  if (given?.shape.length !== 2 || !isPlain || value.shape.length !== 1)
    throw refused(reader, 'it is not the product of vectors and a matrix that stands in the file');
  const isTurned = settings.int('transB', 0) !== 0;
  const kernel = isTurned
    ? {
        shape: given.shape.toReversed(),
        values: transposed(Float32Array.from(given.values), given.shape, [1, 0]),
      }
    : given;
  if (bias !== undefined && bias.values.length !== kernel.shape[1])
    throw refused(reader, 'its bias is not one value for each column');
  return dense(
    reader,
    value,
    kernel,
    bias === undefined ? undefined : { ...bias, shape: [bias.values.length] },
  );
};

/** Of tensors, or the bias of the dense layer before it. */
const readAdd: ReadNode = (reader) => {
  const bias = reader.constant(1) ?? reader.constant(0);
  if (bias === undefined) return readMerging('Add')(reader);
  const place = reader.constant(0) === undefined ? 0 : 1;
  const value = reader.made(place);
  const units = value.shape.at(-1);
  const vector = { shape: [bias.values.length], values: bias.values };
  if (
    bias.values.length === units &&
    !value.isFirst &&
    reader.readers(place) === 1 &&
    reader.builder.addBias(value.layer, vector, reader.key)
  )
    return value;
  throw refused(reader, 'it adds a constant, and not to a product with a matrix');
};

const readBatchNormalization: ReadNode = (reader) => {
  const given = reader.made(0);
  const value = given.isFirst || given.shape.length === 1 ? given : undefined;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => reader.constant(index));
  if (value === undefined || !gamma || !beta || !mean || !variance)
    throw refused(reader, 'it reads no image or vector, or its weights do not stand in the file');
  const own = { gamma, beta, moving_mean: mean, moving_variance: variance };
  const config = { axis: -1, epsilon: round(reader.settings.float('epsilon', 1e-5)), momentum: 0.99 };
  const { shape, isFirst } = value;
  return layerOf(reader, 'BatchNormalization', config, [value], { shape, isFirst }, own);
};

const readLayerNormalization: ReadNode = (reader) => {
  const value = inOrder(reader, reader.made(0));
  const [gamma, beta] = [reader.constant(1), reader.constant(2)];
  const axis = reader.settings.int('axis', -1);
  if (gamma === undefined || (axis !== -1 && axis !== value.shape.length))
    throw refused(reader, 'it is not of the last axis, or its weights do not stand in the file');
  const config = { epsilon: round(reader.settings.float('epsilon', 1e-5)), center: beta !== undefined };
  const own = { gamma, ...(beta === undefined ? {} : { beta }) };
  return layerOf(reader, 'LayerNormalization', config, [value], { shape: value.shape, isFirst: false }, own);
};

/** Words as rows of a table, or a place of an axis. */
const readGather: ReadNode = (reader) => {
  const embeddings = reader.constant(0);
  if (embeddings === undefined) return readPlace(reader);
  if (embeddings?.shape.length !== 2 || reader.settings.int('axis', 0) !== 0)
    throw refused(reader, 'it takes no rows of a table that stands in the file');
  const [words, size] = embeddings.shape;
  const value = inOrder(reader, reader.made(1));
  const made = { shape: [...value.shape, size], isFirst: false };
  return layerOf(reader, 'Embedding', { input_dim: words, output_dim: size }, [value], made, { embeddings });
};

const pass: ReadNode = (reader) => reader.made(0);

export const operations: ReadonlyMap<string, ReadNode> = new Map<string, ReadNode>([
  ['Add', readAdd],
  ['AveragePool', readPooling('AveragePooling2D')],
  ['BatchNormalization', readBatchNormalization],
  ['Cast', pass],
  ['Clip', readClip],
  ['Concat', readConcat],
  ['Conv', readConv],
  ['ConvTranspose', readConvTranspose],
  ['Dropout', pass],
  ['Elu', readElu],
  ['Expand', readExpand],
  ['Flatten', readFlatten],
  ['Gather', readGather],
  ['GRU', readRecurrent('gru')],
  ['Gelu', readGelu],
  ['Gemm', readGemm],
  ['GlobalAveragePool', readGlobalPooling('GlobalAveragePooling2D')],
  ['GlobalMaxPool', readGlobalPooling('GlobalMaxPooling2D')],
  ['HardSigmoid', readHardSigmoid],
  ['Identity', pass],
  ['LSTM', readRecurrent('lstm')],
  ['LayerNormalization', readLayerNormalization],
  ['LeakyRelu', (reader) => byValue(reader, 'LeakyReLU', { alpha: alpha(reader, 0.01) })],
  ['LogSoftmax', softmax('log_softmax')],
  ['MatMul', readMatMul],
  ['Max', readMerging('Maximum')],
  ['MaxPool', readPooling('MaxPooling2D')],
  ['Mean', readMerging('Average')],
  ['Min', readMerging('Minimum')],
  ['Mish', activation('mish')],
  ['Mul', readMul],
  ['Pad', readPad],
  ['RNN', readRecurrent('simpleRNN')],
  ['ReduceMax', readPooled('Max')],
  ['ReduceMean', readPooled('Average')],
  ['Relu', activation('relu')],
  ['Reshape', readReshape],
  ['Resize', readResize],
  ['Selu', activation('selu')],
  ['Sigmoid', readSigmoid],
  ['Slice', readSlice],
  ['Softmax', softmax('softmax')],
  ['Softplus', activation('softplus')],
  ['Softsign', activation('softsign')],
  ['Squeeze', readAxes(false)],
  ['Sum', readMerging('Add')],
  ['Tanh', activation('tanh')],
  ['Tile', readTile],
  ['ThresholdedRelu', (reader) => byValue(reader, 'ThresholdedReLU', { theta: alpha(reader, 1) })],
  ['Transpose', readTranspose],
  ['Unsqueeze', readAxes(true)],
]);
