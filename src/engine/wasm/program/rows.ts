import type { Layer, LayerKinds } from '../../../model/network.ts';
import { conv2dTransposeRow } from '../convolution/conv2d-transpose.ts';
import { conv2dRow } from '../convolution/convolution.ts';
import { depthwiseConv2dRow } from '../convolution/depthwise.ts';
import { denseRow } from '../dense/dense.ts';
import { activationRow, softmaxRow } from '../layers/activation.ts';
import { batchNormalizationRow } from '../layers/batch-normalization.ts';
import { dotRow } from '../layers/dot.ts';
import { dropoutRow } from '../layers/elementwise.ts';
import { embeddingRow } from '../layers/embedding.ts';
import { l2NormalizeRow } from '../layers/l2-normalize.ts';
import { layerNormalizationRow } from '../layers/layer-normalization.ts';
import { concatenateRow } from '../layers/merge.ts';
import { addRow, averageRow, maximumRow, minimumRow, multiplyRow, subtractRow } from '../layers/merging.ts';
import { noiseRow } from '../layers/noise.ts';
import { averagePoolingRow, maxPoolingRow } from '../layers/pooling.ts';
import { preluRow } from '../layers/prelu.ts';
import { bilinearUpSampling2dRow, rearrangingRow } from '../layers/rearrange.ts';
import type { LayerRow } from '../operation/row.ts';
import { isWasmKind, type WasmKind } from '../operation/supports.ts';
import { maskingRow, maskRow } from '../recurrent/masking.ts';
import { recurrentRow } from '../recurrent/recurrent.ts';

/** The kinds of layers that this engine computes. */
const rows: { readonly [K in WasmKind]: LayerRow<LayerKinds[K]> } = {
  conv2d: conv2dRow,
  conv2dTranspose: conv2dTransposeRow,
  depthwiseConv2d: depthwiseConv2dRow,
  zeroPadding2d: rearrangingRow,
  cropping2d: rearrangingRow,
  nearestUpSampling2d: rearrangingRow,
  bilinearUpSampling2d: bilinearUpSampling2dRow,
  permute: rearrangingRow,
  repeatVector: rearrangingRow,
  broadcast: rearrangingRow,
  slice: rearrangingRow,
  maxPooling2d: maxPoolingRow,
  averagePooling2d: averagePoolingRow,
  dense: denseRow,
  dropout: dropoutRow,
  noise: noiseRow,
  activation: activationRow,
  softmax: softmaxRow,
  logSoftmax: softmaxRow,
  prelu: preluRow,
  add: addRow,
  subtract: subtractRow,
  multiply: multiplyRow,
  average: averageRow,
  maximum: maximumRow,
  minimum: minimumRow,
  l2Normalize: l2NormalizeRow,
  dot: dotRow,
  concatenate: concatenateRow,
  batchNormalization: batchNormalizationRow,
  layerNormalization: layerNormalizationRow,
  embedding: embeddingRow,
  mask: maskRow,
  masking: maskingRow,
  simpleRNN: recurrentRow,
  lstm: recurrentRow,
  gru: recurrentRow,
};

/** @throws Error where there is none: whoever asks has asked whether the layer is supported */
export function rowOf({ kind, name }: Layer): LayerRow {
  if (isWasmKind(kind)) return rows[kind];
  throw new Error(`The wasm engine has no row for ${kind}, which ${name} is`);
}
