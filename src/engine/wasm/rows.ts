import type { Layer, LayerKind, LayerKinds } from '../../model/network.ts';
import { conv2dRow } from './convolution.ts';
import { denseRow } from './dense.ts';
import { activationRow, dropoutRow } from './elementwise.ts';
import { averagePoolingRow, maxPoolingRow } from './pooling.ts';
import type { LayerRow } from './row.ts';

/** The kinds of layers that this engine computes. */
const rows: { readonly [K in LayerKind]?: LayerRow<LayerKinds[K]> } = {
  conv2d: conv2dRow,
  maxPooling2d: maxPoolingRow,
  averagePooling2d: averagePoolingRow,
  dense: denseRow,
  dropout: dropoutRow,
  activation: activationRow,
};

/** @throws Error where there is none: whoever asks has asked whether the layer is supported */
export function rowOf({ kind, name }: Layer): LayerRow {
  const row = findRow(kind);
  if (row === undefined) throw new Error(`The wasm engine has no row for ${kind}, which ${name} is`);
  return row;
}

export const findRow = (kind: LayerKind): LayerRow | undefined => rows[kind];
