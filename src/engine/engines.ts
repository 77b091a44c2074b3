import type { EngineFactory, EngineName } from './engine.ts';
import { referenceEngine } from './reference.ts';
import { tensorflowEngine } from './tensorflow.ts';
import { wasmEngine } from './wasm/wasm.ts';

/** Every engine by name. */
export const engines: Readonly<Record<EngineName, EngineFactory>> = {
  wasm: wasmEngine,
  tensorflow: tensorflowEngine,
  reference: referenceEngine,
};
