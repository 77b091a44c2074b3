/** What this engine computes, in a file of its own: whoever chooses an engine need not load all of it. */
import type { Layer, LayerKind, Network } from '../../model/network.ts';

const kinds = [
  ...(['conv2d', 'maxPooling2d', 'averagePooling2d', 'dense', 'dropout', 'activation'] as const),
  ...(['leakyReLU', 'add', 'concatenate', 'batchNormalization'] as const),
] as const satisfies readonly LayerKind[];

/** The kinds that have a row in rows.ts. */
export type WasmKind = (typeof kinds)[number];

export const isWasmKind = (kind: LayerKind): kind is WasmKind => kinds.some((known) => known === kind);

/** @returns why this engine cannot compute a layer of the network; undefined where it can */
export function supports(layer: Layer, { layers }: Pick<Network, 'layers'>): string | undefined {
  if (!isWasmKind(layer.kind)) return `it has no kernels for layers of the kind ${layer.kind}`;
  const isShared = layers.some(
    (other) => other !== layer && other.name === layer.name && other.kind === layer.kind,
  );
  return isShared ? 'it is called more than once' : undefined;
}
