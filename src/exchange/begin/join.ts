import { hostname } from 'node:os';
import { inputError, messageOf, usageError } from '../../errors.ts';
import { type Launch, launchOf } from '../launch.ts';

/**
 * Takes part with the other processes of the same mpirun; call it in the main thread, before a training.
 * @throws GradpoolError where there is no such launcher, or Open MPI or koffi is missing
 */
export async function joinRanks(): Promise<Launch> {
  const launch = launchOf();
  if (launch === undefined)
    throw usageError(
      "Expected `exchange` 'mpi' in a process that Open MPI's mpirun has started (or srun --mpi=pmix), got one without RANK and WORLD_SIZE of either; start with: mpirun -np 2 ...",
    );
  const { joinWorld } = await import('../mpi/world.ts');
  try {
    joinWorld(launch.ranks);
  } catch (cause) {
    // The others wait for it, and cannot be told: mpirun ends them.
    throw inputError(`rank ${launch.rank} on ${hostname()}: ${messageOf(cause)}`, cause);
  }
  return launch;
}

/** Ends MPI in this process, whatever its exit code will be; waits for the other ranks. */
export async function leaveRanks(): Promise<void> {
  const { leaveWorld } = await import('../mpi/world.ts');
  leaveWorld();
}
