import { show } from '../model/layer-config.ts';
import type { Layer, Network } from '../model/network.ts';
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
  const calls = Map.groupBy(network.layers, callKey);
  for (const layer of network.layers) {
    const reason = supports(layer, calls.get(callKey(layer))?.length ?? 1);
    if (reason !== undefined)
      return `Layer ${show(layer.name)} (${layer.kind}) is not supported by the engine ${name}: ${reason}`;
  }
  return undefined;
}

/** An activation that a layer brings along has its number. */
const callKey = ({ kind, index }: Layer): string => `${kind} ${index}`;
