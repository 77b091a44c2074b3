import type { Layer, LayerKinds } from '../../model/network.ts';
import { batchNormalizationRow } from './batch-normalization.ts';
import { conv2dRow } from './convolution.ts';
import { denseRow } from './dense.ts';
import { activationRow, dropoutRow, leakyReLURow } from './elementwise.ts';
import { addRow, concatenateRow } from './merge.ts';
import { averagePoolingRow, maxPoolingRow } from './pooling.ts';
import type { LayerRow } from './row.ts';
import { isWasmKind, type WasmKind } from './supports.ts';

/** The kinds of layers that this engine computes. */
const rows: { readonly [K in WasmKind]: LayerRow<LayerKinds[K]> } = {
  conv2d: conv2dRow,
  maxPooling2d: maxPoolingRow,
  averagePooling2d: averagePoolingRow,
  dense: denseRow,
  dropout: dropoutRow,
  activation: activationRow,
  leakyReLU: leakyReLURow,
  add: addRow,
  concatenate: concatenateRow,
  batchNormalization: batchNormalizationRow,
};

/** @throws Error where there is none: whoever asks has asked whether the layer is supported */
export function rowOf({ kind, name }: Layer): LayerRow {
  if (isWasmKind(kind)) return rows[kind];
  throw new Error(`The wasm engine has no row for ${kind}, which ${name} is`);
}
