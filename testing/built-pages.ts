/** Set up before the whole test run: the pages' bundles, where they are older than their sources. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export default function setUp(): void {
  const script = join(import.meta.dirname, '..', 'scripts', 'build-pages.ts');
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The pages could not be built: ${stderr}`);
}
