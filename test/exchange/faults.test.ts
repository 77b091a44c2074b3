/** Faults of ranks, machines and their link: each ends as promised, and what was trained goes on. */
import { test } from 'vitest';
import { compareResumed, faults, runInto, writeTraining } from '../../testing/exchange/faults.ts';
import { createMachines, whyNoMachines } from '../../testing/exchange/machines.ts';

const why = whyNoMachines();
/** Several programs start one after the other, on a machine that may have other work. */
const timeout = 600_000;

// More of each, at other moments: scripts/machine-faults.ts. Each has machines of its own, and mostly waits for mpirun.
test.concurrent.for(faults.map((fault, at) => [fault.name, fault, at] as const))(
  '%s ends the job as promised',
  { timeout },
  async ([, fault, at], { expect, skip }) => {
    if (why !== undefined) skip(why);
    const machines = createMachines();
    try {
      writeTraining(machines);
      const { exitCode, stdout, stderr, left } = await runInto(fault, machines, 'run', 50 * at);
      expect(stdout + stderr).toMatch(fault.says);
      expect({ exitCode, left }).toEqual({ exitCode: fault.exitCode, left: 0 });
      if (!fault.isKept) return;
      const [resumed, undisturbed] = await compareResumed(machines, 'run');
      expect(resumed).toBe(undisturbed);
    } finally {
      machines.remove();
    }
  },
);
