import { ownMetrics } from '../metric/metrics.ts';
import type { WorkerSetup } from '../protocol/tasks.ts';
import { engines } from './engines/engines.ts';

/** Loads all code that the tasks need into this thread, before the task runner is created. */
export const loadEngine = (setup: WorkerSetup): Promise<void> =>
  engines[setup.engine].load({ ...setup, ownMetrics: ownMetrics(setup.metrics) });
