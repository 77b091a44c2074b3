import '@tensorflow/tfjs-backend-cpu';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import type { Layer, Network } from '../../../src/model/network.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { conv2d, dense, type LayerJson, model } from '../../../testing/model/topologies.ts';

const only = (network: Network, kind: Layer['kind']) => network.layers.filter((layer) => layer.kind === kind);
const read = (...list: LayerJson[]) => readNetwork(model(...list));
const layer = (class_name: string, config: object = {}): LayerJson => ({
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
});
const image = (height: number, width: number, channels: number) => ({
  batch_input_shape: [null, height, width, channels],
});
const input = (...shape: number[]) => layer('InputLayer', { batch_input_shape: [null, ...shape] });

describe('readNetwork reads what TensorFlow.js writes', () => {
  const everything = () =>
    sequential({
      layers: [
        layers.inputLayer({ inputShape: [13, 11, 2] }),
        layers.conv2d({
          name: 'conv',
          filters: 4,
          kernelSize: [4, 3],
          strides: [2, 3],
          padding: 'same',
          activation: 'tanh',
        }),
        layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
        layers.conv2d({ name: 'bare', filters: 3, kernelSize: 2, useBias: false }),
        layers.maxPooling2d({ poolSize: [3, 2] }),
        layers.reLU(),
        layers.reshape({ targetShape: [2, 3] }),
        layers.dense({ name: 'rows', units: 5, activation: 'sigmoid' }),
        layers.flatten(),
        layers.dropout({ rate: 0.25 }),
        layers.activation({ activation: 'linear' }),
        layers.leakyReLU({ alpha: 0.2 }),
        layers.dense({ name: 'out', units: 6, activation: 'softmax' }),
      ],
    });

  test('shapes, parameters and their order agree with the model of every layer kind', () => {
    const made = everything();
    const { network } = modelSpec(made);
    expect(network.input).toEqual([13, 11, 2]);
    expect(network.layers.map(({ kind }) => kind)).toEqual([
      'conv2d',
      'activation',
      'averagePooling2d',
      'conv2d',
      'maxPooling2d',
      'activation',
      'dense',
      'activation',
      'dropout',
      'activation',
      'dense',
    ]);
    for (const { index, output } of network.layers)
      expect([null, ...output]).toEqual(made.layers[index].outputShape);
    expect(network.parameters.map(({ name, shape }) => ({ name, shape }))).toEqual(
      made.weights.map(({ originalName, shape }) => ({ name: originalName, shape })),
    );
    expect(network.parameterCount).toBe(made.countParams());
    expect(network).toMatchObject({ classes: 6, endsInSoftmax: true });
  });

  test('parameters lie one behind the other', () => {
    let offset = 0;
    for (const parameter of modelSpec(everything()).network.parameters) {
      expect(parameter.offset).toBe(offset);
      expect(parameter.size).toBe(parameter.shape.reduce((product, size) => product * size, 1));
      offset += parameter.size;
    }
  });

  test('a dense layer on several dimensions acts on the last axis', () => {
    const [rows, out] = only(modelSpec(everything()).network, 'dense');
    expect(rows).toMatchObject({ rows: 2, inputs: 3, units: 5, input: [2, 3], output: [2, 5] });
    expect(out).toMatchObject({ rows: 1, inputs: 10, units: 6 });
  });

  test.each(
    [5, 6, 7, 8].flatMap((size) =>
      [1, 2, 3].flatMap((window) => [1, 2, 3].map((stride) => [size, window, stride])),
    ),
  )(
    'images of %d with windows of %d and strides of %d come out in the size that TensorFlow.js says',
    (size, window, stride) => {
      for (const padding of ['same', 'valid'] as const) {
        const made = sequential();
        made.add(
          layers.conv2d({
            inputShape: [size, size + 1, 1],
            filters: 2,
            kernelSize: window,
            strides: stride,
            padding,
          }),
        );
        made.add(layers.flatten());
        made.add(layers.dense({ units: 2 }));
        const [conv] = modelSpec(made).network.layers;
        expect([null, ...conv.output]).toEqual(made.layers[0].outputShape);
        made.dispose();
      }
    },
  );

  test('a softmax layer at the end is the output, not a layer', () => {
    const made: Sequential = sequential();
    made.add(layers.dense({ inputShape: [3], units: 2 }));
    made.add(layers.softmax());
    const { network } = modelSpec(made);
    expect(network.layers).toHaveLength(1);
    expect(network.endsInSoftmax).toBe(true);
  });
});

test('layers of sequences are those of images of height 1, and what makes separable convolutions is read as two', () => {
  const network = read(
    input(6, 3),
    layer('Conv1D', { filters: 4, kernel_size: 2, padding: 'same', activation: 'relu' }),
    layer('MaxPooling1D', { pool_size: 2, padding: 'same' }),
    layer('Reshape', { target_shape: [3, 2, 2] }),
    layer('SeparableConv2D', { filters: 5, kernel_size: 2, depth_multiplier: 3 }),
    layer('GlobalAveragePooling2D'),
    dense(),
  );
  expect(network.layers.map(({ kind, input, output }) => [kind, input, output])).toEqual([
    ['conv2d', [1, 6, 3], [1, 6, 4]],
    ['activation', [1, 6, 4], [1, 6, 4]],
    ['maxPooling2d', [1, 6, 4], [1, 3, 4]],
    ['depthwiseConv2d', [3, 2, 2], [2, 1, 6]],
    ['conv2d', [2, 1, 6], [2, 1, 5]],
    ['averagePooling2d', [2, 1, 5], [1, 1, 5]],
    ['dense', [5], [2]],
  ]);
  expect(network.parameters.slice(0, 5).map(({ name, shape }) => [name, shape])).toEqual([
    ['conv1d/kernel', [2, 3, 4]],
    ['conv1d/bias', [4]],
    ['separableconv2d/depthwise_kernel', [2, 2, 2, 3]],
    ['separableconv2d/pointwise_kernel', [1, 1, 6, 5]],
    ['separableconv2d/bias', [5]],
  ]);
});

describe('readNetwork infers', () => {
  const padding = (size: number, kernel: number, stride: number) => {
    const [first] = read(
      conv2d({
        ...image(size, size, 1),
        kernel_size: [kernel, kernel],
        strides: [stride, stride],
        padding: 'same',
      }),
      layer('Flatten'),
      dense(),
    ).layers;
    return first.kind === 'conv2d' ? first.padding : undefined;
  };

  test("TensorFlow's same padding, the odd row and column at the bottom and right", () => {
    expect(padding(28, 5, 1)).toEqual({ top: 2, bottom: 2, left: 2, right: 2 });
    expect(padding(28, 4, 1)).toEqual({ top: 1, bottom: 2, left: 1, right: 2 });
    expect(padding(7, 3, 2)).toEqual({ top: 1, bottom: 1, left: 1, right: 1 });
    expect(padding(8, 3, 2)).toEqual({ top: 0, bottom: 1, left: 0, right: 1 });
    expect(padding(6, 2, 3)).toEqual({ top: 0, bottom: 0, left: 0, right: 0 });
  });

  test("pooling's strides from its size", () => {
    const network = read(input(6, 6, 1), layer('MaxPooling2D', { pool_size: 3 }), layer('Flatten'), dense());
    expect(network.layers[0]).toMatchObject({ poolSize: [3, 3], strides: [3, 3], output: [2, 2, 1] });
  });

  test('the size that -1 stands for in a reshape', () => {
    const network = read(
      input(12),
      layer('Reshape', { target_shape: [2, -1, 3] }),
      conv2d({ kernel_size: 1 }),
      layer('Flatten'),
      dense(),
    );
    expect(network.layers[0].input).toEqual([2, 2, 3]);
  });

  test("each layer's position in the model's own list", () => {
    const network = read(
      input(4),
      layer('Flatten'),
      layer('Dropout', { rate: 0.5 }),
      dense({ activation: 'relu' }),
    );
    expect(network.layers.map(({ kind, index }) => [kind, index])).toEqual([
      ['dropout', 2],
      ['dense', 3],
      ['activation', 3],
    ]);
  });

  test('nothing from a dropout of rate 0', () => {
    expect(read(input(4), layer('Dropout', { rate: 0 }), dense()).layers).toHaveLength(1);
  });

  test("TensorFlow.js's initializers where the file names none, and its own where it does", () => {
    const network = read(input(4), dense({ bias_initializer: 'ones' }));
    expect(network.parameters.map(({ initializer }) => initializer)).toEqual([
      { className: 'glorot_normal', config: {} },
      { className: 'ones', config: {} },
    ]);
  });
});

describe('readNetwork takes the forms that files have', () => {
  const list = [dense({ batch_input_shape: [null, 3] })];
  const expected = readNetwork(model(...list));

  test.each([
    ['a list of layers for the configuration', { class_name: 'Sequential', config: list }],
    [
      'a file converted from Keras',
      { keras_version: '2.15.0', backend: 'tensorflow', model_config: model(...list) },
    ],
    ['a fixed number of examples', model(dense({ batch_input_shape: [32, 3] }))],
  ])('%s', (_, topology) => {
    expect(readNetwork(topology)).toEqual(expected);
  });
});

describe('readNetwork names the layer and the engines when it is not supported', () => {
  const flatten = layer('Flatten');
  test.each<[string, string, LayerJson[]]>([
    [
      'an unknown class',
      '"rescaling" (Rescaling) is not supported by the embedded engines: no engine knows its class',
      [input(3, 4), layer('Rescaling', { scale: 2 })],
    ],
    [
      'batch normalisation over another axis',
      '"batchnormalization" (BatchNormalization) is not supported by the embedded engines: `axis` is 1',
      [input(3, 3), layer('BatchNormalization', { axis: 1 }), layer('Flatten'), dense()],
    ],
    [
      'a class that is a name of every object',
      '"x" (constructor) is not supported by the embedded engines: no engine',
      [input(3), { class_name: 'constructor', config: { name: 'x' } }],
    ],
    [
      'dilation of a depthwise convolution, which TensorFlow.js leaves out',
      '`dilation_rate` is [2,2]',
      [
        layer('DepthwiseConv2D', { ...image(9, 9, 1), kernel_size: 2, dilation_rate: [2, 2] }),
        flatten,
        dense(),
      ],
    ],
    [
      'padding of the output of a transposed convolution',
      '`output_padding` is 1',
      [
        layer('Conv2DTranspose', { ...image(9, 9, 1), filters: 2, kernel_size: 2, output_padding: 1 }),
        flatten,
        dense(),
      ],
    ],
    [
      'global pooling that keeps dimensions',
      '`keepdims` is true',
      [input(9, 9, 1), layer('GlobalMaxPooling2D', { keepdims: true }), flatten, dense()],
    ],
    [
      'another interpolation',
      '`interpolation` is "lanczos3"',
      [input(9, 9, 1), layer('UpSampling2D', { interpolation: 'lanczos3' }), flatten, dense()],
    ],
    ['groups', '`groups` is 2', [conv2d({ ...image(9, 9, 2), groups: 2 }), flatten, dense()]],
    [
      'channels first',
      '`data_format` is "channels_first"',
      [conv2d({ ...image(9, 9, 2), data_format: 'channels_first' }), flatten, dense()],
    ],
    [
      'a regularizer',
      '`kernel_regularizer` is {"class_name":"Orthogonal"}',
      [input(3), dense({ kernel_regularizer: { class_name: 'Orthogonal' } })],
    ],
    ['a constraint', '`bias_constraint` is {}', [input(3), dense({ bias_constraint: {} })]],
    ['another number type', '`dtype` is "float16"', [input(3), dense({ dtype: 'float16' })]],
    [
      'a noise shape',
      '`noise_shape` is [null,1]',
      [input(3), layer('Dropout', { rate: 0.5, noise_shape: [null, 1] }), dense()],
    ],
    ['a leaky relu', '`negative_slope` is 0.1', [input(3), layer('ReLU', { negative_slope: 0.1 }), dense()]],
    ['an unknown activation', 'its activation is "maxout"', [input(3), dense({ activation: 'maxout' })]],
    ['another alpha of an elu', '`alpha` is 0.5', [input(3), layer('ELU', { alpha: 0.5 }), dense()]],
    [
      'softmax over another axis than the last, before the end',
      '`axis` is 1, and not the last one',
      [input(3, 4), layer('Softmax'), layer('Flatten'), dense()],
    ],
    ['softmax over another axis', '`axis` is 2', [input(3), dense(), layer('Softmax', { axis: 2 })]],
    [
      'a second input layer',
      'it is not the first layer',
      [input(3), { class_name: 'InputLayer', config: { name: 'b', batch_input_shape: [null, 3] } }, dense()],
    ],
  ])('%s', (_, message, list) => {
    expect(() => read(...list)).toThrow(message);
  });

  test('a model of another class', () => {
    expect(() => readNetwork({ class_name: 'Subclassed', config: { layers: [] } })).toThrow(
      'got class_name "Subclassed" for the embedded engines',
    );
  });
});

describe('readNetwork refuses configurations that make no sense', () => {
  const flat = (config: object) => [conv2d({ ...image(9, 9, 1), ...config }), layer('Flatten'), dense()];
  test.each<[string, string, LayerJson[]]>([
    [
      'units that are text',
      'Expected `units` of layer "dense" (Dense) to be a whole number >= 1, got "many"',
      [input(3), dense({ units: 'many' })],
    ],
    ['units of 0', '`units`', [input(3), dense({ units: 0 })]],
    ['units of 1.5', '`units`', [input(3), dense({ units: 1.5 })]],
    ['filters that are missing', '`filters`', flat({ filters: undefined })],
    [
      'a kernel of three sizes',
      '`kernel_size` of layer "conv2d" (Conv2D) to be a whole number >= 1 or two of them, got [3,3,3]',
      flat({ kernel_size: [3, 3, 3] }),
    ],
    ['strides of 0', '`strides`', flat({ strides: [0, 1] })],
    [
      'another padding',
      'Expected `padding` of layer "conv2d" (Conv2D) to be \'same\' or \'valid\', got "causal"',
      flat({ padding: 'causal' }),
    ],
    [
      'a bias that is text',
      '`use_bias` of layer "conv2d" (Conv2D) to be true or false, got "no"',
      flat({ use_bias: 'no' }),
    ],
    [
      'a window larger than the image',
      'The 10x3 window of layer "conv2d" (Conv2D) does not fit its input of 9x9',
      flat({ kernel_size: [10, 3] }),
    ],
    ['an initializer that is a number', '`kernel_initializer`', [input(3), dense({ kernel_initializer: 4 })]],
    [
      'a dropout of everything',
      'Expected `rate` of layer "dropout" (Dropout) to be a number from 0 to less than 1, got 1',
      [input(3), layer('Dropout', { rate: 1 }), dense()],
    ],
    [
      'alpha dropout of everything',
      'Expected `rate` of layer "alphadropout" (AlphaDropout) to be a number from 0 to less than 1, got 1',
      [input(3), layer('AlphaDropout', { rate: 1 }), dense()],
    ],
    [
      'a deviation below 0',
      'Expected `stddev` of layer "gaussiannoise" (GaussianNoise) to be a finite number >= 0, got -1',
      [input(3), layer('GaussianNoise', { stddev: -1 }), dense()],
    ],
    [
      'spatial dropout of a vector',
      'Expected the input of layer "spatialdropout1d" (SpatialDropout1D) to be sequences, [steps, channels], got the shape [3]',
      [input(3), layer('SpatialDropout1D', { rate: 0.5 }), dense()],
    ],
    [
      'a convolution of a vector',
      'Expected the input of layer "conv2d" (Conv2D) to be images, [height, width, channels], got the shape [3]',
      [input(3), conv2d()],
    ],
    [
      'a reshape that does not fit',
      'to be of a size that `target_shape`, [5,-1], can hold, got the shape [12]',
      [input(12), layer('Reshape', { target_shape: [5, -1] }), dense()],
    ],
    [
      'a reshape of two unknown sizes',
      'can hold',
      [input(12), layer('Reshape', { target_shape: [-1, -1] }), dense()],
    ],
    ['a reshape to 0', '`target_shape`', [input(12), layer('Reshape', { target_shape: [0] }), dense()]],
    [
      'a slope that is no number',
      'Expected `alpha` of layer "leakyrelu" (LeakyReLU) to be a finite number, got "steep"',
      [input(3), layer('LeakyReLU', { alpha: 'steep' }), dense()],
    ],
    [
      'a threshold that is no number',
      'Expected `theta` of layer "thresholdedrelu" (ThresholdedReLU) to be a finite number, got "high"',
      [input(3), layer('ThresholdedReLU', { theta: 'high' }), dense()],
    ],
    [
      'a cap below 0',
      'Expected `max_value` of layer "relu" (ReLU) to be a finite number >= 0, got -1',
      [input(3), layer('ReLU', { max_value: -1 }), dense()],
    ],
    [
      'axes of a prelu that the input does not have',
      'Expected `shared_axes` of layer "prelu" (PReLU) to be a list of whole numbers from 1 to 1, got [2]',
      [input(3), layer('PReLU', { shared_axes: [2] }), dense()],
    ],
    [
      'strides with dilation',
      'Expected `strides` or `dilation_rate` of layer "conv2d" (Conv2D) to be 1, got [2,2] and [1,3]',
      flat({ strides: 2, dilation_rate: [1, 3] }),
    ],
    [
      'a convolution of sequences of an image',
      'Expected the input of layer "conv1d" (Conv1D) to be sequences, [steps, channels], got the shape [9, 9, 1]',
      [input(9, 9, 1), layer('Conv1D', { filters: 2, kernel_size: 3 }), layer('Flatten'), dense()],
    ],
    [
      'a kernel of two sizes for sequences',
      'Expected `kernel_size` of layer "conv1d" (Conv1D) to be a whole number >= 1 or a list of one, got [3,3]',
      [input(9, 1), layer('Conv1D', { filters: 2, kernel_size: [3, 3] }), layer('Flatten'), dense()],
    ],
    [
      'cropping of everything',
      'Expected the input of layer "cropping2d" (Cropping2D) to be larger than its `cropping`, [[2,2],[0,0]], got the shape [4, 4, 1]',
      [
        input(4, 4, 1),
        layer('Cropping2D', {
          cropping: [
            [2, 2],
            [0, 0],
          ],
        }),
        layer('Flatten'),
        dense(),
      ],
    ],
    [
      'padding below 0',
      'Expected `padding` of layer "zeropadding2d" (ZeroPadding2D) to be a whole number >= 0, two of them or two pairs of them, got -1',
      [input(4, 4, 1), layer('ZeroPadding2D', { padding: -1 }), layer('Flatten'), dense()],
    ],
    [
      'dimensions that are not all there',
      'Expected `dims` of layer "permute" (Permute) to be the numbers from 1 to 2 in some order, got [1,1]',
      [input(4, 4), layer('Permute', { dims: [1, 1] }), layer('Flatten'), dense()],
    ],
    [
      'a matrix to repeat',
      'Expected the input of layer "repeatvector" (RepeatVector) to be a vector, got the shape [4, 4]',
      [input(4, 4), layer('RepeatVector', { n: 2 }), layer('Flatten'), dense()],
    ],
    ['no input shape', "the model's first, to give the shape of an example", [dense()]],
    [
      'an input of unknown size',
      '`batch_input_shape`',
      [layer('InputLayer', { batch_input_shape: [null, null, 3] }), dense()],
    ],
    [
      'an input without sizes',
      '`batch_input_shape`',
      [layer('InputLayer', { batch_input_shape: [null] }), dense()],
    ],
    ['two layers of one name', 'got "dense" twice', [input(3), dense(), dense()]],
    [
      'a layer without a name',
      'Expected layer 1 of the model (Dense) to have a name, got undefined',
      [input(3), dense({ name: undefined })],
    ],
    [
      'a layer that is null',
      'Expected layer 1 of the model to be { class_name, config }, got null',
      [input(3), null as unknown as LayerJson],
    ],
    ['no parameters', 'there is nothing to train', [input(3), layer('Flatten')]],
    [
      'nothing but frozen layers',
      'are frozen (`trainable` is false): there is nothing to train',
      [input(3), dense({ trainable: false })],
    ],
    [
      'an input too large',
      'values an example',
      [input(2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1), layer('Flatten'), dense()],
    ],
    [
      'padding too large',
      'values an example',
      [
        input(1, 1, 1),
        layer('MaxPooling2D', { pool_size: 2 ** 30, strides: 1, padding: 'same' }),
        layer('Flatten'),
        dense(),
      ],
    ],
    [
      'too many parameters',
      'Expected a model of at most 536870911 parameters, got more at "dense/kernel", [65536, 65536]',
      [input(65536), dense({ units: 65536 })],
    ],
  ])('%s', (_, message, list) => {
    expect(() => read(...list)).toThrow(message);
  });

  test.each([
    ['nothing', {}, 'got {}'],
    ['no layers', { class_name: 'Sequential', config: { layers: [] } }, 'to be a list of 1 to 10000, got []'],
    ['layers that are no list', { class_name: 'Sequential', config: { layers: 3 } }, 'got 3'],
  ])('a model with %s', (_, topology, message) => {
    expect(() => readNetwork(topology)).toThrow(message);
  });

  test('with messages of one line, however long or strange the names are', () => {
    const strange = `a\n${'b'.repeat(1000)}`;
    const broken = () => read(input(3), { class_name: strange, config: { name: strange } });
    expect(broken).toThrow(/^.{1,400}$/);
  });
});
