import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryName } from '../../src/files/atomic-file.ts';
import { checkpointPath, checkpointsPath } from '../../src/run/checkpoint.ts';
import { findCheckpoint, readCheckpoint } from '../../src/run/checkpoint-read.ts';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import { contentOf, temporaryDirectory, valuesOf } from '../../testing/coordinator/runs.ts';

const namesIn = async (run: string) => (await readdir(checkpointsPath(run))).sort();
const nameOf = (step: number) => `step-${String(step).padStart(8, '0')}`;

describe('Writing a checkpoint', () => {
  test('keeps the newest five by their steps, not by their names or ages', async () => {
    const run = await temporaryDirectory();
    const steps = [1, 50, 99_999_998, 99_999_999, 100_000_000, 100_000_001, 4_294_967_295];
    for (const step of steps) await writeCheckpoint(run, contentOf(step));
    expect(await namesIn(run)).toEqual(steps.slice(-5).map(nameOf).sort());
    expect((await findCheckpoint(run))?.checkpoint.manifest.step).toBe(4_294_967_295);
    await writeCheckpoint(run, contentOf(4_294_967_295), { keep: 1 });
    expect(await namesIn(run)).toEqual([nameOf(4_294_967_295)]);
  });

  test('never removes the one just written for broken ones that are newer', async () => {
    const run = await temporaryDirectory();
    for (const step of [200, 300, 400, 500, 600]) await mkdir(checkpointPath(run, step), { recursive: true });
    for (const step of [100, 150]) await writeCheckpoint(run, contentOf(step), { keep: 1 });
    expect(await namesIn(run)).toEqual([150, 200, 300, 400, 500, 600].map(nameOf));
    expect((await findCheckpoint(run))?.checkpoint.manifest.step).toBe(150);
  });

  test('leaves the same checkpoint where it stands, and replaces a broken one of its step', async () => {
    const run = await temporaryDirectory();
    const path = await writeCheckpoint(run, contentOf(100));
    const { ino } = await stat(path);
    await writeCheckpoint(run, contentOf(100));
    expect((await stat(path)).ino).toBe(ino);
    for (const damage of [
      () => rm(join(path, 'model.json')),
      () => writeFile(join(path, 'weights.bin'), 'no weights'),
      () => rm(path, { recursive: true }).then(() => writeFile(path, 'a file')),
    ]) {
      await damage();
      await writeCheckpoint(run, contentOf(100));
      expect((await readCheckpoint(path)).parameters).toEqual(valuesOf(100));
      expect(await namesIn(run)).toEqual([nameOf(100)]);
    }
  });

  test('is not misled by what an interrupted writer left', async () => {
    const run = await temporaryDirectory();
    const path = await writeCheckpoint(run, contentOf(100));
    const left = [temporaryName(nameOf(200)), temporaryName(`old-${nameOf(50)}`)];
    for (const name of left) await cp(path, join(checkpointsPath(run), name), { recursive: true });
    expect((await findCheckpoint(run))?.checkpoint.path).toBe(path);
    await writeCheckpoint(run, contentOf(200));
    expect(await namesIn(run)).toEqual([...left, nameOf(100), nameOf(200)].sort());
  });

  test('that fails leaves the earlier ones and nothing of its own', async () => {
    const run = await temporaryDirectory();
    await writeCheckpoint(run, contentOf(100));
    const wrong = { ...contentOf(200), parameters: new Float32Array(3) };
    await expect(writeCheckpoint(run, wrong)).rejects.toThrow(
      /^Could not write the checkpoint .+step-00000200: .+got 3; earlier checkpoints are untouched$/,
    );
    expect(await namesIn(run)).toEqual([nameOf(100)]);
    await rm(checkpointsPath(run), { recursive: true });
    await writeFile(checkpointsPath(run), 'a file in its place');
    await expect(writeCheckpoint(run, contentOf(300))).rejects.toThrow(
      /^Could not write the checkpoint .+EEXIST/,
    );
  });
});
