import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { openProfile } from '../../src/coordinator/timing/profile.ts';
import { replaceFile } from '../../src/files/atomic-file.ts';
import type { TrainEvent, TrainRequest } from '../../src/protocol/requests.ts';
import { lockRun } from '../../src/run/lock/run-lock.ts';
import { createRun } from '../../src/run/run-directory.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';
import { digitNetwork, firstDigits } from '../../testing/digits.ts';
import { parametersFor } from '../../testing/engine/values.ts';

const content = Buffer.from('content');
const train = await firstDigits(20);
const request: TrainRequest = {
  model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
  train,
  config: resolveConfig({ workers: 1, steps: 1, batchSize: 20 }),
  resume: false,
  reportProbabilities: false,
};

/** What must not be replaced, and what a message calls it. */
const others: readonly [string, (path: string) => Promise<unknown>][] = [
  ['a pipe', async (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdir(path)],
  ['a device', (path) => symlink('/dev/full', path)],
  ["a process's open file", (path) => symlink('/dev/stdout', path)],
  [
    'a socket',
    (path) =>
      new Promise<void>((resolve) => {
        const server = createServer().listen(path, resolve);
        onTestFinished(() => void server.close());
      }),
  ],
];

interface Writing {
  /** What a training does with that path before its first step. */
  begin(directory: string): Promise<unknown>;
  request(directory: string): TrainRequest;
}

/** Every path that a caller gives, or that lies in a directory that he gives, by its name. */
const writings: Readonly<Record<string, Writing>> = {
  'profile.json': {
    begin: (directory) => openProfile(join(directory, 'profile.json'), 0),
    request: (directory) => ({ ...request, profile: join(directory, 'profile.json') }),
  },
  ...Object.fromEntries(
    ['config.json', 'metrics.jsonl', 'checkpoints', 'gradpool.lock'].map((path) => [
      path,
      { begin: beginRun, request: (run: string) => ({ ...request, run }) },
    ]),
  ),
};

async function beginRun(run: string): Promise<void> {
  const lock = await lockRun(run);
  try {
    await createRun(run, { resume: false });
  } finally {
    lock.release();
  }
}

describe.for(Object.entries(writings))('What stands in the place of %s', ([path, writing]) => {
  const notThere = others.filter(([kind]) => path !== 'checkpoints' || kind !== 'a directory');

  test.for(notThere)('is refused and stays: %s', async ([, make]) => {
    const directory = await temporaryDirectory();
    const file = join(directory, path);
    await make(file);
    const before = await lstat(file);
    await expect(writing.begin(directory)).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining(directory),
    });
    const { ino, mode } = await lstat(file);
    expect({ ino, mode }).toEqual({ ino: before.ino, mode: before.mode });
    expect(await readdir(directory)).toEqual([path]);
  });

  test('ends a training before its first step', async () => {
    const directory = await temporaryDirectory();
    execFileSync('mkfifo', [join(directory, path)]);
    const kinds: string[] = [];
    const onEvent = ({ kind }: TrainEvent) => void kinds.push(kind);
    await expect(trainInThread(writing.request(directory), { onEvent })).rejects.toThrow(directory);
    expect(kinds).toEqual([]);
    expect(await readdir(directory)).toEqual([path]);
  });
});

describe('Replacing a file', () => {
  test.for(others)('never replaces %s', async ([kind, make]) => {
    const path = join(await temporaryDirectory(), 'file');
    await make(path);
    await expect(replaceFile(path, content)).rejects.toThrow(
      `Expected ${path} to be a file, or a new one's name, got ${kind}`,
    );
    expect(await readdir(dirname(path))).toEqual(['file']);
  });

  test.for([
    ['a file', true],
    ['nothing yet', false],
  ] as const)('writes where links lead, and leaves them: to %s', async ([, isThere]) => {
    const [directory, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()];
    const [path, between, target] = [
      join(directory, 'link'),
      join(elsewhere, 'link'),
      join(elsewhere, 'target'),
    ];
    await symlink(between, path);
    await symlink('target', between);
    if (isThere) await writeFile(target, 'older, and longer');
    await replaceFile(path, content);
    expect(await readFile(target)).toEqual(content);
    expect([await readlink(path), await readlink(between)]).toEqual([between, 'target']);
    expect((await readdir(elsewhere)).sort()).toEqual(['link', 'target']);
  });

  test('keeps who may read it', async () => {
    const path = join(await temporaryDirectory(), 'secret');
    await writeFile(path, 'older');
    await chmod(path, 0o600);
    await replaceFile(path, content);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('refuses links that lead in a circle', async () => {
    const path = join(await temporaryDirectory(), 'link');
    await symlink('link', path);
    await expect(replaceFile(path, content)).rejects.toThrow(/ELOOP/);
  });
});
