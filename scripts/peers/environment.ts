/** The Python packages of the peers, of pinned versions, in a virtual environment outside of the project. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Installed } from './peers.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');

/** Sets up what is missing: once for each list of versions, some gigabytes from PyPI. */
export async function setUpPython(say: (text: string) => void): Promise<Installed['python']> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'gradpool', `peers-${hash}`);
  const path = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return { path };
  say(`Installing the packages of ${requirements} into ${folder}: some gigabytes ...`);
  try {
    rmSync(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(path, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    const { stdout } = await run(path, ['-m', 'pip', 'freeze']);
    writeFileSync(join(folder, 'complete'), stdout);
    return { path };
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n').at(-1);
    return { missing: `no virtual environment in ${folder}: ${reason}` };
  }
}

const run = promisify(execFile);
