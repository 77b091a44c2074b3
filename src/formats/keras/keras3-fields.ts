/** What Keras 3 takes of each class of layer that TensorFlow.js and Keras share. */

/** Settings of a weight. */
const weight = (name: string): string[] =>
  ['initializer', 'regularizer', 'constraint'].map((what) => `${name}_${what}`);

const windows = ['strides', 'padding', 'data_format'];
const convolution = [
  ...['filters', 'kernel_size', ...windows, 'dilation_rate', 'activation', 'use_bias'],
  ...[...weight('kernel'), ...weight('bias')],
];
const depthwise = [
  ...['kernel_size', 'depth_multiplier', ...windows, 'activation', 'use_bias'],
  ...[...weight('depthwise'), ...weight('bias')],
];
const pooling = ['pool_size', ...windows];
const globalPooling = ['data_format', 'keepdims'];
const cell = [
  ...['units', 'activation', 'use_bias', 'dropout', 'recurrent_dropout'],
  ...['kernel', 'recurrent', 'bias'].flatMap(weight),
];
const gatedCell = [...cell, 'recurrent_activation'];
const lstmCell = [...gatedCell, 'unit_forget_bias'];
const gruCell = [...gatedCell, 'reset_after'];
const sequence = ['return_sequences', 'go_backwards'];
const normalization = ['axis', 'epsilon', 'center', 'scale', ...weight('beta'), ...weight('gamma')];

/** By class, the settings that go with it; all others stand for what Keras 3 does anyway. */
export const keras3Fields: Readonly<Record<string, readonly string[]>> = {
  Activation: ['activation'],
  Add: [],
  AlphaDropout: ['rate'],
  Average: [],
  AveragePooling1D: pooling,
  AveragePooling2D: pooling,
  BatchNormalization: [
    ...[...normalization, 'momentum'],
    ...['moving_mean_initializer', 'moving_variance_initializer'],
  ],
  Bidirectional: ['layer', 'merge_mode'],
  Concatenate: ['axis'],
  Conv1D: convolution,
  Conv2D: convolution,
  Conv2DTranspose: convolution,
  Cropping2D: ['cropping', 'data_format'],
  Dense: ['units', 'activation', 'use_bias', ...weight('kernel'), ...weight('bias')],
  DepthwiseConv2D: depthwise,
  Dot: ['axes', 'normalize'],
  Dropout: ['rate'],
  ELU: ['alpha'],
  Embedding: ['input_dim', 'output_dim', 'mask_zero', ...weight('embeddings')],
  Flatten: ['data_format'],
  GRU: [...gruCell, ...sequence],
  GRUCell: gruCell,
  GaussianDropout: ['rate'],
  GaussianNoise: ['stddev'],
  GlobalAveragePooling1D: globalPooling,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling1D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  InputLayer: ['batch_shape'],
  LSTM: [...lstmCell, ...sequence],
  LSTMCell: lstmCell,
  LayerNormalization: normalization,
  LeakyReLU: ['negative_slope'],
  Masking: ['mask_value'],
  MaxPooling1D: pooling,
  MaxPooling2D: pooling,
  Maximum: [],
  Minimum: [],
  Multiply: [],
  PReLU: ['shared_axes', ...weight('alpha')],
  Permute: ['dims'],
  RNN: ['cell', ...sequence],
  ReLU: ['max_value', 'threshold'],
  RepeatVector: ['n'],
  Reshape: ['target_shape'],
  SeparableConv2D: [...['filters', 'dilation_rate', ...weight('pointwise'), ...depthwise]],
  SimpleRNN: [...cell, ...sequence],
  SimpleRNNCell: cell,
  Softmax: ['axis'],
  SpatialDropout1D: ['rate'],
  StackedRNNCells: ['cells'],
  Subtract: [],
  TimeDistributed: ['layer'],
  UpSampling2D: ['size', 'data_format', 'interpolation'],
  ZeroPadding2D: ['padding', 'data_format'],
};

/** Those whose only argument is a list of tensors. */
export const merging: ReadonlySet<string> = new Set([
  ...['Add', 'Average', 'Concatenate', 'Dot', 'Maximum', 'Minimum', 'Multiply', 'Subtract'],
]);
