import { describe, expect, test } from 'vitest';
import { launchOf } from '../../src/exchange/launch.ts';

describe('which rank a process is', () => {
  test.for([
    ['without a launcher', {}, undefined],
    [
      "under Open MPI's mpirun",
      { OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_LOCAL_RANK: '1' },
      { rank: 3, ranks: 4, localRank: 1 },
    ],
    [
      'under srun --mpi=pmix',
      { PMIX_RANK: '0', SLURM_NTASKS: '2', SLURM_LOCALID: '0', SLURM_JOB_ID: '7' },
      { rank: 0, ranks: 2, localRank: 0 },
    ],
    ['in a Slurm allocation, not started by srun', { SLURM_NTASKS: '2', SLURM_JOB_ID: '7' }, undefined],
    ['with a number that is none', { OMPI_COMM_WORLD_RANK: 'x', OMPI_COMM_WORLD_SIZE: '4' }, undefined],
  ] as const)('%s', ([, environment, launch]) => {
    expect(launchOf(environment)).toEqual(launch);
  });

  test.for([
    ["MPICH's mpiexec", { PMI_RANK: '0', PMI_SIZE: '2' }, /MPICH .*PMI_RANK.*openmpi-bin/],
    ['srun without pmix', { PMI_RANK: '0', PMI_SIZE: '2', SLURM_JOB_ID: '7' }, /--mpi=pmix/],
  ] as const)('%s is refused by name', ([, environment, message]) => {
    expect(() => launchOf(environment)).toThrow(message);
  });
});
