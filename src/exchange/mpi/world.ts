/** This process as one of the ranks. MPI begins and ends once in a process, in its main thread. */
import { inputError } from '../../errors.ts';
import { loadMpi, type Mpi, threadMultiple } from './library.ts';

/** What decides the order of a sum, unless the user's environment says otherwise; it is checked before the first step. */
const settings = {
  /** Each of them takes a sum into its own hands. */
  OMPI_MCA_coll: '^han,hcoll,ucc,adapt,sm',
  OMPI_MCA_coll_tuned_use_dynamic_rules: '1',
  /** Rabenseifner's: neighbours first, and each element by one rank. */
  OMPI_MCA_coll_tuned_allreduce_algorithm: '6',
  /** Who waits leaves the core to whoever has work. */
  OMPI_MCA_mpi_yield_when_idle: '1',
} as const;

/**
 * Takes part, once for all trainings of this process. Waits for the other ranks to do so, too.
 * @param ranks as the launcher has it
 * @throws GradpoolError where Open MPI or koffi is missing, or they are not the launcher's
 */
export function joinWorld(ranks: number): void {
  const mpi = loadMpi();
  if (flagOf(mpi.finalized)) throw inputError('MPI has ended in this process, and does not begin again');
  if (!flagOf(mpi.initialized)) begin(mpi);
  const joined = numberOf(mpi, (size) => mpi.size(size));
  if (joined !== ranks)
    throw inputError(
      `Expected the ${ranks} ranks that mpirun has started, got ${joined} in Open MPI's library: they are of two installations; put mpirun and libmpi.so of the same one first in PATH and LD_LIBRARY_PATH`,
    );
}

function begin(mpi: Mpi): void {
  // Open MPI reads the process's environment, which is this object in the main thread alone.
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  const provided = [0];
  check(mpi, mpi.initThread(null, null, threadMultiple, provided));
  if (provided[0] < threadMultiple)
    throw inputError(
      `Expected an Open MPI that takes calls from several threads (MPI_THREAD_MULTIPLE), got one of level ${provided[0]}; install another build`,
    );
  check(mpi, mpi.returnErrors());
  // A rank that leaves with an error is missed by the others' mpirun, which then ends them.
  process.on('exit', (code) => {
    if (code === 0) leaveWorld();
  });
}

/** Ends MPI, where it has begun; waits for the others. */
export function leaveWorld(): void {
  const mpi = loadMpi();
  if (flagOf(mpi.initialized) && !flagOf(mpi.finalized)) mpi.finalize();
}

/** Ranks of which an exchange is made: in any thread, once the main one has joined. */
export const rankAndSize = (mpi: Mpi): { readonly rank: number; readonly ranks: number } => ({
  rank: numberOf(mpi, (rank) => mpi.rank(rank)),
  ranks: numberOf(mpi, (size) => mpi.size(size)),
});

/** @throws GradpoolError with Open MPI's own words */
export function check(mpi: Mpi, code: number): void {
  if (code !== 0) throw inputError(`Open MPI failed: ${mpi.errorText(code)}`);
}

const flagOf = (ask: (flag: number[]) => number): boolean => {
  const flag = [0];
  ask(flag);
  return flag[0] !== 0;
};

function numberOf(mpi: Mpi, ask: (value: number[]) => number): number {
  const value = [0];
  check(mpi, ask(value));
  return value[0];
}
