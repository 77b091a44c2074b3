/** Real disks that refuse: full, read-only, gone. Writers that fail in every place: chaos.test.ts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  commandLineBits,
  type End,
  end,
  start,
  weightsSha256,
  writeData,
} from '../../testing/chaos/command-line.ts';
import { leftIn } from '../../testing/chaos/scenario.ts';

const directory = mkdtempSync(join(tmpdir(), 'gradpool-disk-'));
const data = writeData(directory);
const disk = join(directory, 'disk');
const whole = join(directory, 'whole');
let undisturbed: string;

beforeAll(async () => {
  undisturbed = await commandLineBits(mkdirSync(whole, { recursive: true }) as string);
});

afterAll(() => {
  spawnSync('umount', [disk]);
  rmSync(directory, { recursive: true });
});

const mountError = mount('size=64k');

describe('a small tmpfs', () => {
  beforeEach(({ skip }) => {
    if (mountError !== undefined) skip(`no tmpfs can be mounted here: ${mountError}`);
  });

  test('that is full ends the training with exit code 74; with room again it goes on to the same bits', async () => {
    const run = join(disk, 'full');
    mount(fewCheckpoints());
    const { code, output } = await train(run);
    expect({ code, output }).toMatchObject({
      code: 74,
      output: expect.stringMatching(/^error: [^\n]*ENOSPC[^\n]*\n$/m),
    });
    expect(checkpointsOf(run).length).toBeGreaterThanOrEqual(1);
    expect(leftIn(run)).toEqual([]);
    mount('remount,size=1g');
    await expectSameEnd(run);
  });

  test('that is full and emptied again is survived with --on-save-error continue', async () => {
    const run = join(disk, 'emptied');
    mount(fewCheckpoints());
    const child = start({ workers: 1, data, run, more: ['--on-save-error', 'continue'] });
    let refused = 0;
    const { code, output } = await end(child, (line) => {
      if (!/ENOSPC.*goes on/.test(line)) return;
      refused++;
      mount('remount,size=1g');
    });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(refused).toBeGreaterThanOrEqual(1);
    expect(weightsSha256(run)).toBe(undisturbed);
  });

  test('that is read-only refuses the training in one line before its first step, and keeps what it has', async () => {
    const run = join(disk, 'read-only');
    mount('remount,size=1g');
    expect((await train(run, '--steps', '20')).code).toBe(0);
    const before = weightsSha256(run);
    mount('remount,ro');
    const { code, output } = await train(run, '--resume');
    mount('remount,rw');
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^error: [^\n]*EROFS[^\n]*`--run`\n$/m),
    });
    expect(weightsSha256(run)).toBe(before);
    await expectSameEnd(run);
  });
});

test('a run directory that vanishes ends the training with exit code 74 and is not made again; back, it is gone on with.', async () => {
  const [run, elsewhere] = [join(directory, 'vanishing'), join(directory, 'elsewhere')];
  const child = start({ workers: 1, data, run, more: ['--steps', '1000000'] });
  let isGone = false;
  const { code, output } = await end(child, (line) => {
    if (isGone || !line.startsWith('step 8: saved')) return;
    isGone = true;
    renameSync(run, elsewhere);
  });
  expect({ code, output }).toMatchObject({
    code: 74,
    output: expect.stringMatching(/^error: [^\n]*ENOENT[^\n]*\n$/m),
  });
  expect(readdirSync(directory)).not.toContain('vanishing');
  renameSync(elsewhere, run);
  await expectSameEnd(run);
});

/** @returns why it could not */
function mount(options: string): string | undefined {
  mkdirSync(disk, { recursive: true });
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** Room for two, where five are kept. */
function fewCheckpoints(): string {
  const newest = join(whole, 'run', 'checkpoints', 'step-00000060');
  const bytes = readdirSync(newest).reduce((sum, name) => sum + statSync(join(newest, name)).size, 0);
  return `remount,size=${2 * bytes + used()}`;
}

/** Bytes on the disk, and as much as everything but checkpoints takes. */
function used(): number {
  const { bsize, blocks, bfree } = statfsSync(disk);
  return bsize * (blocks - bfree) + 2 ** 16;
}

const train = (run: string, ...more: string[]): Promise<End> => end(start({ workers: 1, data, run, more }));

const checkpointsOf = (run: string): string[] => readdirSync(join(run, 'checkpoints'));

async function expectSameEnd(run: string): Promise<void> {
  const { code, output } = await train(run, '--resume');
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(weightsSha256(run)).toBe(undisturbed);
  expect(leftIn(run)).toEqual([]);
}
