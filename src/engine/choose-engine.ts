import type { Network } from '../model/network.ts';
import type { EngineChoice, EngineFactory, EngineName } from './engine.ts';
import { supports } from './wasm/supports.ts';

export interface ChosenEngine {
  readonly engine: EngineName;
  /** Why `auto` chose another one than wasm. */
  readonly reason?: string;
}

/** `auto` takes wasm where that supports every layer, and tensorflow otherwise. */
export function chooseEngine(choice: EngineChoice, network: Network): ChosenEngine {
  if (choice !== 'auto') return { engine: choice };
  const reason = reasonAgainst({ name: 'wasm', supports }, network);
  return reason === undefined ? { engine: 'wasm' } : { engine: 'tensorflow', reason };
}

/** Why an engine does not take a network, in one line that names the layer; undefined where it does. */
export function reasonAgainst(
  { name, supports }: Pick<EngineFactory, 'name' | 'supports'>,
  network: Network,
): string | undefined {
  if (network.opaque !== undefined) return name === 'tensorflow' ? undefined : network.opaque.reason;
  for (const layer of network.layers) {
    const reason = supports(layer, network);
    if (reason !== undefined)
      return `Layer ${JSON.stringify(layer.name)} (${layer.kind}) is not supported by the engine ${name}: ${reason}`;
  }
  return undefined;
}
