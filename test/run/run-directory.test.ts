import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryName } from '../../src/files/atomic-file.ts';
import { checkpointsPath } from '../../src/run/checkpoint.ts';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import { configPath, writeRunConfig } from '../../src/run/run-config.ts';
import {
  createRun,
  latestRunDirectory,
  metricsPath,
  newRunDirectory,
  resumeRun,
} from '../../src/run/run-directory.ts';
import { config, contentOf, identity, temporaryDirectory } from '../../testing/coordinator/runs.ts';

const begin = { resume: false };
const resume = { resume: true };

/** A run that was begun, without a checkpoint. */
async function begunRun(): Promise<string> {
  const run = join(await temporaryDirectory(), 'run');
  await createRun(run, begin);
  await writeRunConfig(run, config, identity, 'relaxed');
  return run;
}

describe('Creating a run', () => {
  test('makes the directory with its parents and leaves nothing else there', async () => {
    const run = join(await temporaryDirectory(), 'a', 'b', 'run');
    await createRun(run, begin);
    expect(await readdir(run)).toEqual(['checkpoints']);
    expect(await readdir(join(run, 'checkpoints'))).toEqual([]);
  });

  test('is refused where there are checkpoints, even broken ones, and those stay', async () => {
    const run = await begunRun();
    const path = await writeCheckpoint(run, contentOf(100));
    await rm(join(path, 'weights.bin'));
    await expect(createRun(run, begin)).rejects.toThrow(
      `${run} has checkpoints; add \`resume\` to go on or choose another \`run\``,
    );
    expect(await readdir(path)).toHaveLength(3);
    await expect(createRun(run, resume)).resolves.toBeUndefined();
  });

  test('begins again where a run ended before its first checkpoint, and removes what it left', async () => {
    const run = await begunRun();
    await writeFile(metricsPath(run), '{"kind":"step","step":1}\n');
    await writeFile(join(run, temporaryName('config.json')), '{');
    await mkdir(join(checkpointsPath(run), temporaryName('step-00000004')));
    await createRun(run, begin);
    expect((await readdir(run)).sort()).toEqual(['checkpoints', 'config.json']);
    expect(await readdir(checkpointsPath(run))).toEqual([]);
  });

  test.each(['config.json', 'metrics.jsonl'])(
    "is refused where another program's %s would be lost",
    async (name) => {
      const run = await temporaryDirectory();
      await writeFile(join(run, name), '{"mine":true}');
      await expect(createRun(run, begin)).rejects.toThrow(`${run} has a ${name} that is not a run's`);
      expect(await readFile(join(run, name), 'utf8')).toBe('{"mine":true}');
    },
  );

  test('is refused in one line, with the cause, where a file stands in the way', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    for (const [path, code, reason] of [
      [file, 'EEXIST', `expected ${file} to be a directory, got a file`],
      [join(file, 'run'), 'ENOTDIR', 'ENOTDIR: [^\n]+'],
      [join(file, 'a', 'run'), 'ENOTDIR', 'ENOTDIR: [^\n]+'],
    ])
      await expect(createRun(path, begin)).rejects.toMatchObject({
        message: expect.stringMatching(
          new RegExp(`^Could not write to the run directory ${path}: ${reason}; choose another \`run\`$`),
        ),
        cause: { code },
      });
    const run = await temporaryDirectory();
    await writeFile(join(run, 'checkpoints'), '');
    await expect(createRun(run, begin)).rejects.toThrow(
      /^Could not write to the run directory .+checkpoints to be a directory, got a file/,
    );
  });

  // Permissions do not bind root, and CI often is; /proc binds everyone, also mkdir's `recursive`, which never returns.
  test.skipIf(process.platform !== 'linux')(
    'is refused where the disk cannot be written (Linux: /proc)',
    async () => {
      for (const path of ['/proc', '/proc/run', '/proc/a/b/run'])
        await expect(createRun(path, begin)).rejects.toThrow(/^Could not write to the run directory .+: E/);
      await expect(newRunDirectory('/proc/runs')).rejects.toThrow(/^Could not make a run directory in .+: E/);
    },
  );
});

describe('Resuming a run', () => {
  test('is refused where there is no directory, or none of a run, and makes none', async () => {
    const directory = await temporaryDirectory();
    const missing = join(directory, 'missing');
    await expect(createRun(missing, resume)).rejects.toThrow(`Expected a run to resume at ${missing}`);
    await expect(createRun(directory, resume)).rejects.toThrow(/got a directory without checkpoints/);
    expect(await readdir(directory)).toEqual([]);
  });

  test('goes on from the newest checkpoint, with other workers and steps', async () => {
    const run = await begunRun();
    await writeCheckpoint(run, contentOf(100));
    await writeCheckpoint(run, contentOf(200));
    expect((await resumeRun(run, identity))?.checkpoint.manifest.step).toBe(200);
    await writeRunConfig(run, { ...config, workers: 7, steps: 5000 }, identity, 'relaxed');
    expect((await resumeRun(run, identity))?.checkpoint.manifest.step).toBe(200);
    await expect(resumeRun(run, { ...identity, seed: 2 })).rejects.toThrow(
      `Expected \`seed\` to be 1 as in the run at ${run}, got 2`,
    );
  });

  test('goes on in another arithmetic only where that is asked for', async () => {
    const run = await begunRun();
    await writeCheckpoint(run, contentOf(100));
    const { kernels } = identity.arithmetic;
    const multiplyAdd = identity.arithmetic.multiplyAdd === 'fused' ? 'separate' : 'fused';
    const other = { ...identity, arithmetic: { kernels, multiplyAdd } };
    await expect(resumeRun(run, other)).rejects.toThrow(
      /got [\w-]+ with (fused|separate) multiply-add; .*with `allowArithmeticChange`/,
    );
    const found = await resumeRun(run, other, { allowArithmeticChange: true });
    expect(found?.checkpoint.manifest.step).toBe(100);
    await expect(resumeRun(run, { ...other, seed: 2 }, { allowArithmeticChange: true })).rejects.toThrow(
      'Expected `seed` to be 1',
    );
  });

  test('begins again where there is no checkpoint yet, under the settings in config.json', async () => {
    const run = await begunRun();
    await createRun(run, resume);
    expect(await resumeRun(run, identity)).toBeUndefined();
    const plain = { name: 'sgd', learningRate: 0.05 } as const;
    await expect(resumeRun(run, { ...identity, optimizer: plain })).rejects.toThrow(
      'Expected `momentum` to be 0.9',
    );
  });

  test('needs no config.json where there is a checkpoint', async () => {
    const run = await begunRun();
    await writeCheckpoint(run, contentOf(100));
    await writeFile(configPath(run), '{"torn');
    await createRun(run, resume);
    expect((await resumeRun(run, identity))?.checkpoint.manifest.step).toBe(100);
  });
});

describe('config.json', () => {
  test('holds the settings, what they were resolved to and the version of gradpool', async () => {
    const run = await begunRun();
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    // What is made of examples stands in the identity, where anything is.
    const { preparation: _, ...options } = config;
    expect(JSON.parse(await readFile(configPath(run), 'utf8'))).toEqual({
      formatVersion: 2,
      kernelBuild: 'relaxed',
      gradpool: version,
      node: process.version,
      ...options,
      ...identity,
    });
    expect((await readdir(run)).sort()).toEqual(['checkpoints', 'config.json']);
  });
});

describe('Numbered runs', () => {
  test('count up from 0001 after the highest, whatever else lies there', async () => {
    const root = join(await temporaryDirectory(), 'a', 'runs');
    expect(await newRunDirectory(root)).toBe(join(root, '0001'));
    await mkdir(join(root, '0041'));
    await mkdir(join(root, 'best'));
    await writeFile(join(root, '0042'), '');
    expect(await newRunDirectory(root)).toBe(join(root, '0043'));
    await mkdir(join(root, '9999'));
    expect(await newRunDirectory(root)).toBe(join(root, '10000'));
    expect(await newRunDirectory(root)).toBe(join(root, '10001'));
  });

  test('are all different when made at the same time', async () => {
    const root = join(await temporaryDirectory(), 'runs');
    const made = await Promise.all(Array.from({ length: 20 }, () => newRunDirectory(root)));
    expect(new Set(made).size).toBe(20);
    expect(made.sort().at(-1)).toBe(join(root, '0020'));
  });

  test('are resumed from the highest that a training began in', async () => {
    const root = join(await temporaryDirectory(), 'runs');
    await expect(latestRunDirectory(root)).rejects.toThrow(/^Expected .+runs to hold a run, got none/);
    for (const number of ['0002', '0010']) {
      await createRun(join(root, number), begin);
      await writeRunConfig(join(root, number), config, identity, 'relaxed');
    }
    await newRunDirectory(root);
    await writeFile(join(root, '0012'), '');
    expect(await latestRunDirectory(root)).toBe(join(root, '0010'));
    await createRun(join(root, '10000'), begin);
    await writeCheckpoint(join(root, '10000'), contentOf(1));
    expect(await latestRunDirectory(root)).toBe(join(root, '10000'));
  });
});
