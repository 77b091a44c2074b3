/** Which of the processes that were started together this one is: what the launcher left in the environment. */
import { usageError } from '../errors.ts';

export interface Launch {
  /** From 0. */
  readonly rank: number;
  readonly ranks: number;
  /** Among those on the same machine, from 0. */
  readonly localRank: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What each launcher calls these. Slurm's are those of the step, whether or not it was told of MPI. */
const launchers = [
  ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_RANK'],
  ['PMIX_RANK', 'SLURM_NTASKS', 'SLURM_LOCALID'],
] as const;

/**
 * @returns undefined where no mpirun (or srun --mpi=pmix) has started this process
 * @throws GradpoolError of kind 'usage' where another MPI's launcher has
 */
export function launchOf(env: Environment = process.env): Launch | undefined {
  for (const names of launchers) {
    const [rank, ranks, localRank] = names.map((name) => numberIn(env, name));
    if (rank !== undefined && ranks !== undefined) return { rank, ranks, localRank: localRank ?? 0 };
  }
  const foreign = ['PMI_RANK', 'PMI_SIZE', 'MPIRUN_RANK'].find((name) => env[name] !== undefined);
  if (foreign === undefined || numberIn(env, 'PMI_SIZE') === 1) return undefined;
  throw usageError(
    env.SLURM_JOB_ID === undefined
      ? `Expected to be started by Open MPI's mpirun, got another MPI's launcher (MPICH or one of its kind, which sets ${foreign}); start with mpirun of Open MPI (Debian: openmpi-bin)`
      : `Expected srun with --mpi=pmix, got another kind (which sets ${foreign}); start with srun --mpi=pmix`,
  );
}

function numberIn(env: Environment, name: string): number | undefined {
  const value = env[name];
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
