import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A run's path in a folder of its own, which is removed behind the test. */
export async function temporaryRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gradpool-gan-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'run');
}
