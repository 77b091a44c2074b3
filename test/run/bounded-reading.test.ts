/** Every file of a run directory, and what can stand in its place: nothing hangs, grows or is left behind. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRunSettings } from '../../src/cli/resume.ts';
import { checkpointPath } from '../../src/run/checkpoint.ts';
import { openCheckpoint } from '../../src/run/checkpoint-read.ts';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import { lockRun } from '../../src/run/lock/run-lock.ts';
import { truncateMetrics } from '../../src/run/metrics.ts';
import { writeRunConfig } from '../../src/run/run-config.ts';
import { createRun, metricsPath, resumeRun } from '../../src/run/run-directory.ts';
import { config, contentOf, identity, temporaryDirectory } from '../../testing/coordinator/runs.ts';

/** Far above what refusing takes, on a busy machine too. */
const mostMilliseconds = 2000;

const inCheckpoint = (name: string) => join('checkpoints', 'step-00000100', name);

const files = [
  ...['config.json', 'metrics.jsonl', 'gradpool.lock', 'lock-1.json'],
  ...['checkpoint.json', 'model.json', 'weights.bin', 'optimizer.bin'].map(inCheckpoint),
];

const damages: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a pipe': async (path) => execFileSync('mkfifo', [path]),
  'a device': (path) => symlink('/dev/zero', path),
  'a directory': (path) => mkdir(path),
  'a file of a terabyte': async (path) => {
    await writeFile(path, '{');
    await truncate(path, 2 ** 40);
  },
  'JSON that is nested deeply': (path) => writeFile(path, `${'[{"a":'.repeat(9000)}`.slice(0, 60_000)),
  'an endless line': (path) => writeFile(path, `{"kind":"${'x'.repeat(2 ** 22)}`),
};

/** What is no fault of this file: a holder's note is written anew, and lines that cannot be read are left out. */
const isFine = (file: string, damage: string): boolean =>
  (file === 'gradpool.lock' && /terabyte|JSON|line/.test(damage)) ||
  (file === 'metrics.jsonl' && damage.startsWith('JSON'));

/** All that is read of a run before its first step, by the command line and by the training. */
async function resume(run: string): Promise<void> {
  await readRunSettings(run, {});
  await openCheckpoint(run);
  const lock = await lockRun(run);
  try {
    await createRun(run, { resume: true });
    await resumeRun(run, identity);
    await truncateMetrics(metricsPath(run), 100);
  } finally {
    lock.release();
  }
}

async function madeRun(): Promise<string> {
  const run = join(await temporaryDirectory(), 'run');
  await createRun(run, { resume: false });
  await writeRunConfig(run, config, identity, 'relaxed');
  await writeFile(metricsPath(run), '{"kind":"step","step":1}\n');
  await writeCheckpoint(run, contentOf(100));
  return run;
}

describe.for(files)('In the place of %s', (file) => {
  test.for(Object.keys(damages))('%s is refused at once, by name, and nothing is left', async (damage) => {
    const run = await madeRun();
    const path = join(run, file);
    await rm(path, { force: true });
    await damages[damage](path);
    const names = await readdir(run);
    const start = performance.now();
    const said = await resume(run).then(
      () => 'nothing',
      ({ name, kind, message }) => ({ name, kind, message }),
    );
    expect(performance.now() - start).toBeLessThan(mostMilliseconds);
    if (isFine(file, damage)) expect(said).toBe('nothing');
    else
      expect(said).toEqual({
        name: 'GradpoolError',
        kind: 'input',
        message: expect.stringMatching(new RegExp(`^[^\\n]*${file.split('/').at(-1)}[^\\n]*$`)),
      });
    const left = (await readdir(run)).filter((name) => !names.includes(name));
    expect(left).toEqual([]);
    expect(await readdir(dirname(checkpointPath(run, 100)))).toEqual(['step-00000100']);
  });
});
