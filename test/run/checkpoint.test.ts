import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkpointPath, checkpointsPath } from '../../src/run/checkpoint.ts';
import { findCheckpoint, openCheckpoint, readCheckpoint } from '../../src/run/checkpoint-read.ts';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import { parametersSha256 } from '../../src/run/hashes.ts';
import { encodeManifest, type Manifest } from '../../src/run/manifest.ts';
import {
  contentOf,
  identity,
  network,
  temporaryDirectory,
  topology,
  valuesOf,
} from '../../testing/coordinator/runs.ts';

const files = ['checkpoint.json', 'model.json', 'optimizer.bin', 'weights.bin'];

describe('A checkpoint', () => {
  test('holds what was written, bit by bit, without and with optimizer state, from shared memory too', async () => {
    const run = await temporaryDirectory();
    const parameters = new Float32Array(new SharedArrayBuffer(4 * network.parameterCount));
    parameters.set(valuesOf(1).fill(-0, 3, 4));
    for (const optimizerArrays of [0, 1, 2]) {
      const optimizerState = [valuesOf(2), valuesOf(3)].slice(0, optimizerArrays);
      const step = 10 + optimizerArrays;
      const content = { ...contentOf(step), identity: { ...identity, optimizerArrays } };
      const path = await writeCheckpoint(run, { ...content, parameters, optimizerState });
      const read = await readCheckpoint(path);
      expect(Object.is(read.parameters[3], -0)).toBe(true);
      expect([...read.parameters]).toEqual([...parameters]);
      expect(read.optimizerState).toEqual(optimizerState);
      expect(read.manifest).toMatchObject({ step, ...content.identity });
    }
  });

  test('keeps the sums of an epoch that are no finite numbers', async () => {
    const sums = [1.5, Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY];
    const path = await writeCheckpoint(await temporaryDirectory(), {
      ...contentOf(3),
      epoch: { examples: 8, sums },
    });
    expect((await readCheckpoint(path)).manifest.epoch).toEqual({ examples: 8, sums });
  });

  test('has its four files, and weights.bin has the SHA-256 of the parameters', async () => {
    const run = await temporaryDirectory();
    const path = await writeCheckpoint(run, contentOf(600));
    expect(path).toBe(join(run, 'checkpoints', 'step-00000600'));
    expect((await readdir(path)).sort()).toEqual(files);
    const { manifest } = await readCheckpoint(path);
    expect(manifest.files['weights.bin'].sha256).toBe(parametersSha256(valuesOf(600)));
    expect(parametersSha256(Float32Array.of(1))).toBe(
      // printf '\x00\x00\x80\x3f' | sha256sum
      'e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c',
    );
  });

  test('opens as a model by its own path, by the path of its run and as a plain directory of a model', async () => {
    const run = await temporaryDirectory();
    await writeCheckpoint(run, contentOf(1));
    const path = await writeCheckpoint(run, contentOf(2));
    for (const given of [run, path]) {
      const opened = await openCheckpoint(given);
      expect(opened.path).toBe(path);
      expect(opened.manifest?.step).toBe(2);
      expect(opened.model).toEqual({ topology, network, parameters: valuesOf(2) });
    }
    await rm(join(path, 'checkpoint.json'));
    const plain = await openCheckpoint(path);
    expect(plain.manifest).toBeUndefined();
    expect(plain.model.parameters).toEqual(valuesOf(2));
    const { passedOver } = await openCheckpoint(run);
    expect(passedOver.map((one) => one.path)).toEqual([path]);
  });

  test('is asked for in vain in an empty directory, at a file and at nothing, with one line', async () => {
    const empty = await temporaryDirectory();
    const file = join(empty, 'file');
    await expect(openCheckpoint(empty)).rejects.toThrow(/^Expected .+ to hold checkpoints, .+train first/);
    await writeFile(file, '');
    await expect(openCheckpoint(file)).rejects.toThrow(
      /^Expected a run, a checkpoint or a model's directory/,
    );
    await expect(openCheckpoint(join(empty, 'no'))).rejects.toThrow(/which is none$/);
  });

  test('is not hidden by files of others beside its own', async () => {
    const run = await temporaryDirectory();
    const path = await writeCheckpoint(run, contentOf(600));
    await writeFile(join(path, 'notes.txt'), 'mine');
    await writeFile(join(checkpointsPath(run), 'notes.txt'), 'mine');
    await mkdir(join(checkpointsPath(run), 'step-best'));
    const found = await findCheckpoint(run);
    expect(found?.checkpoint.manifest.step).toBe(600);
    expect(found?.passedOver).toEqual([]);
  });
});

describe('A broken checkpoint', () => {
  /** A run with a whole checkpoint of step 100 and one of step 200 that `damage` breaks; why it was passed over. */
  async function reasonAfter(damage: (path: string) => Promise<unknown>): Promise<string> {
    const run = await temporaryDirectory();
    await writeCheckpoint(run, contentOf(100));
    const path = await writeCheckpoint(run, contentOf(200));
    await damage(path);
    const found = await findCheckpoint(run);
    expect(found?.checkpoint.manifest.step).toBe(100);
    expect(found?.checkpoint.parameters).toEqual(valuesOf(100));
    expect(found?.passedOver.map((one) => one.path)).toEqual([path]);
    const reason = found?.passedOver[0].reason ?? '';
    expect(reason).not.toContain('\n');
    return reason;
  }

  test.each(files)(
    'is passed over by the name of %s when one byte of it was changed, wherever',
    async (name) => {
      const run = await temporaryDirectory();
      const path = await writeCheckpoint(run, contentOf(200));
      const whole = await readFile(join(path, name));
      for (let part = 0; part < 40; part++) {
        const bytes = Buffer.from(whole);
        const at = Math.floor((part * (bytes.length - 1)) / 39);
        bytes[at] ^= 1 << (part % 8);
        await writeFile(join(path, name), bytes);
        await expect(readCheckpoint(path), `byte ${at}`).rejects.toThrow(name);
      }
      await writeFile(join(path, name), whole);
      expect((await readCheckpoint(path)).manifest.step).toBe(200);
    },
  );

  test.each(files)(
    'is passed over when %s is cut, lengthened, missing, a link or a directory',
    async (name) => {
      const whole = await readFile(
        join(await writeCheckpoint(await temporaryDirectory(), contentOf(200)), name),
      );
      for (const length of [0, 1, whole.length >> 1, whole.length - 1])
        expect(await reasonAfter((path) => truncate(join(path, name), length)), `${length}`).toContain(name);
      const longer = (path: string) => writeFile(join(path, name), '\n', { flag: 'a' });
      expect(await reasonAfter(longer)).toContain(name);
      expect(await reasonAfter((path) => rm(join(path, name)))).toContain(
        `${name}: expected a file, found nothing`,
      );
      const linked = async (path: string) => {
        await rename(join(path, name), join(path, 'elsewhere'));
        await symlink('elsewhere', join(path, name));
      };
      expect(await reasonAfter(linked)).toMatch(/expected a file, got a link$/);
      const replaced = async (path: string) => {
        await rm(join(path, name));
        await mkdir(join(path, name));
      };
      expect(await reasonAfter(replaced)).toContain(`${name}: expected a file, got a directory`);
    },
  );

  test('is passed over when it is empty, no directory, or bears the name of another step', async () => {
    const run = await temporaryDirectory();
    const path = await writeCheckpoint(run, contentOf(100));
    await cp(path, checkpointPath(run, 200), { recursive: true });
    await mkdir(checkpointPath(run, 300));
    await writeFile(checkpointPath(run, 400), '');
    await symlink(path, checkpointPath(run, 500));
    const found = await findCheckpoint(run);
    expect(found?.checkpoint.path).toBe(path);
    expect(found?.passedOver.map(({ reason }) => reason.replaceAll(checkpointsPath(run), ''))).toEqual([
      'Expected /step-00000500 to be a directory',
      'Expected /step-00000400 to be a directory',
      '/step-00000300/checkpoint.json: expected a file, found nothing',
      'Expected step-00000200 to hold that step, got 100',
    ]);
  });

  /** With a checksum that fits, as a later gradpool or an attacker would write it. */
  const forged = (change: Record<string, unknown>) => async (path: string) => {
    const { manifest } = await readCheckpoint(path);
    await writeFile(join(path, 'checkpoint.json'), encodeManifest({ ...manifest, ...change } as Manifest));
  };
  const entry = { bytes: 2 ** 40, sha256: '0'.repeat(64) };

  test('is not broken where a newer version wrote it: nothing older is taken in its place', async () => {
    const run = await temporaryDirectory();
    for (const step of [100, 200]) await writeCheckpoint(run, contentOf(step));
    await forged({ formatVersion: 3 })(checkpointPath(run, 200));
    await expect(findCheckpoint(run)).rejects.toThrow(
      /checkpoint.json: expected format version 1 or 2, got 3: a newer version of gradpool wrote it; go on with/,
    );
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'too many parameters',
      { parameterCount: 2 ** 40 },
      /expected "parameterCount" to be an integer from 0 to/,
    ],
    ['a negative size', { parameterCount: -1 }, /expected "parameterCount" to be an integer from 0 to/],
    ['other shapes', { parameterCount: 21 }, /expected weights.bin to hold 84 bytes, got 80/],
    ['more state', { optimizerArrays: 2 }, /expected optimizer.bin to hold 160 bytes, got 80/],
    ['a fraction of a step', { step: 0.5 }, /expected "step" to be an integer/],
    ['no list of files', { files: [] }, /expected "files" to be an object, got \[\]/],
    [
      'a file less',
      { files: { 'model.json': entry } },
      /expected "bytes" to be an integer from 0 to 67108864/,
    ],
    ['no seed', { seed: undefined }, /expected "seed" to be an integer from 0 to \d+, got nothing/],
    ['a path for a hash', { dataSha256: '../../x' }, /expected "dataSha256" to be a SHA-256 in hexadecimal/],
    ['a number for an engine', { engine: 1 }, /expected "engine" to be a string, got 1/],
    [
      'a text for a rate',
      { learningRate: '0.1' },
      /expected "learningRate" to be a finite number, got "0.1"/,
    ],
  ])('is passed over when its manifest claims %s', async (_, change, reason) => {
    expect(await reasonAfter(forged(change))).toMatch(reason);
  });

  test('is passed over when its manifest is huge, without reading it', async () => {
    const huge = (path: string) => truncate(join(path, 'checkpoint.json'), 2 ** 40);
    expect(await reasonAfter(huge)).toMatch(/at most 65536 bytes, got 1099511627776/);
  });

  test('alone in its run is an error that says why, not a run from the start', async () => {
    const run = await temporaryDirectory();
    expect(await findCheckpoint(run)).toBeUndefined();
    await rm(join(await writeCheckpoint(run, contentOf(1)), 'weights.bin'));
    await expect(findCheckpoint(run)).rejects.toThrow(
      /^Expected a whole checkpoint in .+, got 1 broken: .+weights\.bin: expected a file, found nothing; begin a new run$/,
    );
  });
});
