import { reasonAgainst } from '../engine/choose-engine.ts';
import type { Arithmetic, EngineFactory, EngineName, Loss, SimdChoice } from '../engine/engine.ts';
import { engines } from '../engine/engines.ts';
import { chooseKernels } from '../engine/wasm/choose-kernels.ts';
import { kernelStaticBytes } from '../engine/wasm/kernel-module.ts';
import { inputError } from '../errors.ts';
import type { Network } from '../model/network.ts';
import { createOptimizer } from '../optimizer/optimizers.ts';
import type { OptimizerSettings } from '../protocol.ts';
import { tensorflowMissing } from '../tensorflow-package.ts';
import { updateScratchBytes } from './update.ts';

/** What the coordinator needs to know of the work before it lays out the memory. */
export interface WorkPlan {
  readonly kernels: WebAssembly.Module;
  readonly variant: string;
  readonly arithmetic: Arithmetic;
  /** See EnginePlan. */
  readonly ways?: Readonly<Record<string, string>>;
  /** See EnginePlan. */
  readonly parameterFloats: number;
  readonly slotFloats: number;
  readonly stateFloats: number;
  readonly constantFloats: number;
  readonly derivedFloats: number;
  readonly batchBytes: number;
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
  readonly simd: SimdChoice;
  readonly network: Network;
  readonly maxExamples: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly loss: Loss;
  readonly optimizer: OptimizerSettings;
}

/** @throws GradpoolError that names a layer which the engine does not support */
export async function planWork(request: PlanRequest): Promise<WorkPlan> {
  const factory = engines[request.engine];
  refuseUnsupported(factory, request.network);
  const { variant, module: kernels } = await chooseKernels(request.simd);
  const { arenaBytes, ...plan } = factory.plan({ ...request, kernels });
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

function refuseUnsupported(factory: EngineFactory, network: Network): void {
  const reason = reasonAgainst(factory, network);
  if (reason === undefined) return;
  const others = Object.values(engines).filter((engine) => reasonAgainst(engine, network) === undefined);
  const missing = others.every(({ name }) => name === 'tensorflow') ? tensorflowMissing() : undefined;
  const but = missing === undefined ? '' : `, but ${missing}`;
  throw inputError(`${reason}; engines that support it: ${others.map(({ name }) => name).join(', ')}${but}`);
}
