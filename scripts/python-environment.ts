/** Python packages of pinned versions, in virtual environments outside of the project. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A Python that has the packages, or why there is none. */
export type Python = { readonly path: string } | { readonly missing: string };

/** Of `requirements.txt` in a folder of `scripts`: an environment for each list of versions. */
export interface Requirements {
  readonly folder: 'formats' | 'peers' | 'tensorboard';
  /** For whoever waits. */
  readonly size: string;
}

const fileOf = ({ folder }: Requirements): string => join(import.meta.dirname, folder, 'requirements.txt');

function environmentOf(requirements: Requirements): string {
  const hash = createHash('sha256')
    .update(readFileSync(fileOf(requirements)))
    .digest('hex')
    .slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'gradpool', `${requirements.folder}-${hash}`);
}

/** Without setting up anything. */
export function findPython(requirements: Requirements): Python {
  const folder = environmentOf(requirements);
  return existsSync(join(folder, 'complete'))
    ? { path: join(folder, 'bin', 'python') }
    : { missing: `no virtual environment in ${folder}` };
}

/** Sets up what is missing: once for each list of versions, from PyPI. */
export async function setUpPython(requirements: Requirements, say: (text: string) => void): Promise<Python> {
  const found = findPython(requirements);
  if ('path' in found) return found;
  const folder = environmentOf(requirements);
  const path = join(folder, 'bin', 'python');
  say(`Installing the packages of ${fileOf(requirements)} into ${folder}: ${requirements.size} ...`);
  try {
    rmSync(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(path, ['-m', 'pip', 'install', '--quiet', '--requirement', fileOf(requirements)]);
    const { stdout } = await run(path, ['-m', 'pip', 'freeze']);
    writeFileSync(join(folder, 'complete'), stdout);
    return { path };
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n').at(-1);
    return { missing: `no virtual environment in ${folder}: ${reason}` };
  }
}

const run = promisify(execFile);
