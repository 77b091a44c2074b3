import type { EngineFactory, EngineName } from '../../engine/engine.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { tensorflowEngine } from '../../engine/tensorflow/tensorflow.ts';
import { wasmEngine } from '../../engine/wasm/wasm.ts';

/** Every engine by name. */
export const engines: Readonly<Record<EngineName, EngineFactory>> = {
  wasm: wasmEngine,
  tensorflow: tensorflowEngine,
  reference: referenceEngine,
};
