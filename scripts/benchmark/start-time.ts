/** How long a user waits for the first step of a training, with the compiled package as it is installed. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const root = dirname(dirname(import.meta.dirname));

/** Seconds from the start of the process until its line about step 1, of some starts. Builds the package first. */
export async function startTimes(workers: number, starts: number): Promise<number[]> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'run.mjs'), 'build']);
  const folder = mkdtempSync(join(tmpdir(), 'gradpool-start-'));
  try {
    const seconds = [];
    for (let start = 0; start < starts; start++)
      seconds.push(await timeToFirstStep(workers, join(folder, `${start}`)));
    return seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function timeToFirstStep(workers: number, run: string): Promise<number> {
  const words = ['--workers', workers, '--steps', 1, '--log-every', 1, '--run', run].map(String);
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin', 'gradpool.js'), 'train', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let seconds: number | undefined;
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('step 1: loss') || seconds !== undefined) return;
    seconds = (performance.now() - started) / 1000;
    // What follows, saving and evaluating, is not measured.
    child.kill('SIGKILL');
  });
  const [code] = await closed;
  if (seconds === undefined) throw new Error(`gradpool train ended before its first step, with ${code}`);
  return seconds;
}
