/** What this engine computes, in a file of its own: whoever chooses an engine need not load all of it. */
import { type Layer, type LayerKind, parametersOf } from '../../model/network.ts';

const kinds = [
  ...(['conv2d', 'maxPooling2d', 'averagePooling2d', 'dense', 'dropout', 'activation'] as const),
  ...(['leakyReLU', 'add', 'concatenate', 'batchNormalization'] as const),
] as const satisfies readonly LayerKind[];

/** The kinds that have a row in rows.ts. */
export type WasmKind = (typeof kinds)[number];

export const isWasmKind = (kind: LayerKind): kind is WasmKind => kinds.some((known) => known === kind);

/** See EngineFactory. */
export function supports(layer: Layer, calls: number): string | undefined {
  if (!isWasmKind(layer.kind)) return `it has no kernels for layers of the kind ${layer.kind}`;
  // Each call would overwrite the other's gradient.
  return calls > 1 && parametersOf(layer).length > 0 ? 'it is called more than once' : undefined;
}
