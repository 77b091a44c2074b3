import type { EngineName } from '../engine/engine.ts';
import { type GradpoolError, inputError } from '../errors.ts';
import type { Task } from '../protocol/tasks.ts';

/**
 * The error of a task that fails wherever it is done: the engine's, not a worker's.
 * @param cause what the task threw; where it is one for the user, it says all there is to say
 */
export const engineFailure = (engine: EngineName, kind: Task['kind'], cause: GradpoolError): GradpoolError =>
  cause.kind === 'internal'
    ? inputError(
        `The engine ${engine} fails with this model (${kind}): ${cause.message}; change what it names, or take another \`engine\``,
        cause,
      )
    : cause;
