/** Does to a training what a scenario says, and looks at what is true afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokenFiles } from './broken-files.ts';
import { earlyEnding } from './early-stops.ts';
import { badDisk } from './files.ts';
import { killedProcesses } from './processes.ts';
import { rivals } from './rivals.ts';
import type { Expected, Outcome, Scenario } from './scenario.ts';
import { lastingNaN, noWorkerLeft, threadFaults } from './threads.ts';

export async function runScenario(scenario: Scenario, expected: Expected): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-chaos-'));
  const run = join(directory, 'run');
  try {
    switch (scenario.family) {
      case 'threads':
        return await threadFaults(scenario, expected, run);
      case 'no worker left':
        return await noWorkerLeft(scenario, expected, run);
      case 'NaN lasting':
        return await lastingNaN(scenario, expected, run);
      case 'processes':
        return await killedProcesses(scenario, expected, directory);
      case 'disk':
        return await badDisk(scenario, expected, run);
      case 'broken checkpoint':
      case 'broken IDX':
        return await brokenFiles(scenario, expected, directory);
      case 'rivals':
        return await rivals(scenario, expected, directory);
      case 'early ends':
        return await earlyEnding(scenario);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
