import type { EngineFactory, EngineName, EnginePlan, PlanContext } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import type { CompiledKernels } from '../kernels/compile-kernels.ts';
import { kernelStaticBytes } from '../kernels/kernel-module.ts';
import type { ModelLoss } from '../loss/loss.ts';
import type { OutputMetric } from '../metric/metrics.ts';
import type { Network } from '../model/network.ts';
import { createOptimizer } from '../optimizer/optimizers.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import { tensorflowMissing } from '../runtime/tensorflow-package.ts';
import { chooseEngine, reasonAgainst } from './engines/choose-engine.ts';
import { engines } from './engines/engines.ts';
import { updateScratchBytes } from './update.ts';

/** What the coordinator needs to know of the work before it lays out the memory. */
export interface WorkPlan extends Omit<EnginePlan, 'arenaBytes'> {
  readonly kernels: WebAssembly.Module;
  readonly variant: string;
  /** What each of the optimizer's state arrays begins with. */
  readonly optimizerInitialState: readonly number[];
  readonly engineArenaBytes: number;
  readonly updateScratchBytes: number;
  /** See EngineFactory. */
  readonly startsAlone: boolean;
  /** Bytes at the memory's start that belong to the kernels. */
  readonly reservedBytes: number;
}

export interface PlanRequest {
  readonly engine: EngineName;
  /** Chooses them; asked for where the engine takes the network. */
  readonly kernels: () => Promise<CompiledKernels>;
  readonly network: Network;
  readonly maxExamples: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly loss: ModelLoss;
  readonly metrics?: readonly OutputMetric[];
  readonly optimizer: OptimizerSettings;
}

/** @throws GradpoolError that names a layer which the engine does not support */
export async function planWork(request: PlanRequest): Promise<WorkPlan> {
  const factory = engines[request.engine];
  refuseUnsupported(factory, request.network);
  const { variant, module: kernels } = await request.kernels();
  const { arenaBytes, ...plan } = factory.plan({ ...request, kernels, ...reasonOf(request) });
  return {
    ...plan,
    kernels,
    variant,
    startsAlone: factory.startsAlone,
    optimizerInitialState: createOptimizer(request.optimizer).initialState,
    engineArenaBytes: arenaBytes,
    updateScratchBytes: updateScratchBytes(request.shards),
    reservedBytes: kernelStaticBytes,
  };
}

/** Why `auto` would take tensorflow for the network, where that is so. */
function reasonOf({ network, ...wanted }: PlanRequest): Pick<PlanContext, 'reason'> {
  const { reason } = chooseEngine('auto', network, wanted);
  return reason === undefined ? {} : { reason };
}

function refuseUnsupported(factory: EngineFactory, network: Network): void {
  const reason = reasonAgainst(factory, network);
  if (reason === undefined) return;
  const others = Object.values(engines).filter((engine) => reasonAgainst(engine, network) === undefined);
  const missing = others.every(({ name }) => name === 'tensorflow') ? tensorflowMissing() : undefined;
  const but = missing === undefined ? '' : `, but ${missing}`;
  throw inputError(`${reason}; engines that support it: ${others.map(({ name }) => name).join(', ')}${but}`);
}
