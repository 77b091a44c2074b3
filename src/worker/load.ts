import { engines } from '../engine/engines.ts';
import type { WorkerSetup } from '../protocol.ts';

/** Loads all code that the tasks need into this thread, before the task runner is created. */
export const loadEngine = (setup: WorkerSetup): Promise<void> => engines[setup.engine].load(setup);
