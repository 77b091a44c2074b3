/** What this engine computes, in a file of its own: whoever chooses an engine need not load all of it. */
import type { Layer, LayerKind } from '../../../model/network.ts';

const kinds = [
  'noise',
  ...(['subtract', 'multiply', 'average', 'maximum', 'minimum', 'dot'] as const),
  ...(['conv2dTranspose', 'depthwiseConv2d', 'zeroPadding2d', 'cropping2d', 'nearestUpSampling2d'] as const),
  ...([
    'bilinearUpSampling2d',
    'permute',
    'repeatVector',
    'broadcast',
    'slice',
    'l2Normalize',
    'logSoftmax',
  ] as const),
  ...(['conv2d', 'maxPooling2d', 'averagePooling2d', 'dense', 'dropout', 'activation'] as const),
  ...(['softmax', 'prelu', 'add', 'concatenate', 'batchNormalization', 'layerNormalization'] as const),
  ...(['embedding', 'mask', 'masking', 'simpleRNN', 'lstm', 'gru'] as const),
] as const satisfies readonly LayerKind[];

/** The kinds that have a row in rows.ts. */
export type WasmKind = (typeof kinds)[number];

export const isWasmKind = (kind: LayerKind): kind is WasmKind => kinds.some((known) => known === kind);

/** See EngineFactory. */
export const supports = ({ kind }: Layer): string | undefined =>
  isWasmKind(kind) ? undefined : `it has no kernels for layers of the kind ${kind}`;
