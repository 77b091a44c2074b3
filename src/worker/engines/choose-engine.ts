import type { EngineChoice, EngineFactory, EngineName } from '../../engine/engine.ts';
import { supports } from '../../engine/wasm/operation/supports.ts';
import { usageError } from '../../errors.ts';
import { lossLabel, type ModelLoss } from '../../loss/loss.ts';
import { type OutputMetric, ownMetrics } from '../../metric/metrics.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { Network } from '../../model/network.ts';

export interface ChosenEngine {
  readonly engine: EngineName;
  /** Why `auto` chose another one than wasm. */
  readonly reason?: string;
}

/** `auto` takes wasm where that supports every layer, and tensorflow otherwise. */
export function chooseEngine(choice: EngineChoice, network: Network, wanted: Wanted = {}): ChosenEngine {
  const own = ownOf(wanted);
  if (own !== undefined && choice !== 'auto' && choice !== 'tensorflow')
    throw usageError(
      `Expected the \`engine\` tensorflow for ${own}, a function of your own, got ${choice}; take \`engine\` tensorflow, or compile the model with what is built in`,
    );
  if (choice !== 'auto') return { engine: choice };
  const reason =
    own === undefined
      ? reasonAgainst({ name: 'wasm', supports }, network)
      : `The model is compiled with ${own}, a function of your own`;
  return reason === undefined ? { engine: 'wasm' } : { engine: 'tensorflow', reason };
}

/** What is computed besides the network. */
export interface Wanted {
  readonly loss?: ModelLoss;
  readonly metrics?: readonly OutputMetric[];
}

/** The first of them that is a function of the user's own, for messages. */
function ownOf({ loss, metrics = [] }: Wanted): string | undefined {
  const losses = loss === undefined ? [] : [loss].flat();
  const own = losses.find((one) => one.name === 'own');
  if (own !== undefined) return `the loss ${lossLabel(own)}`;
  const [metric] = ownMetrics(metrics);
  return metric && `the metric ${metric.function.name}`;
}

/** Why an engine does not take a network, in one line that names the layer; undefined where it does. */
export function reasonAgainst(
  { name, supports }: Pick<EngineFactory, 'name' | 'supports'>,
  network: Network,
): string | undefined {
  if (network.opaque !== undefined) return name === 'tensorflow' ? undefined : network.opaque.reason;
  for (const layer of network.layers) {
    const reason = supports(layer);
    if (reason !== undefined)
      return `Layer ${show(layer.name)} (${layer.kind}) is not supported by the engine ${name}: ${reason}`;
  }
  return undefined;
}
