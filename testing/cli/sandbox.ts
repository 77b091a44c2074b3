import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { idxBytes } from '../data/files.ts';
import { type Ended, ended } from '../programs.ts';

export { modelModule } from './model-module.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

export interface StartOptions {
  /** A module that is loaded before all others. */
  readonly importing?: string;
  /** Variables besides those of a shell. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A directory of its own to run the command line in, removed behind the test file. */
export function sandbox() {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-cli-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = (...names: string[]) => join(directory, ...names);
  const start = (args: readonly string[], { importing, environment: more }: StartOptions = {}) => {
    const before = importing === undefined ? [] : ['--import', importing];
    return spawn(process.execPath, [...before, main, ...args], {
      cwd: directory,
      env: { ...environment(), ...more },
    });
  };
  return {
    path,
    start,
    write(name: string, content: string | Uint8Array): string {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content);
      return name;
    },
    list: (name = '.'): string[] => (existsSync(path(name)) ? readdirSync(path(name)).sort() : []),
    /** `run('train', '--steps', '3')` */
    run: (...args: string[]): Promise<Ended> => ended(start(args)),
  };
}

export type Sandbox = ReturnType<typeof sandbox>;

/** Expects a refusal as a user should meet it: the exit code, one line, no stack, no output. */
export function expectRefusal(end: Ended, exitCode: 1 | 2, ...parts: (string | RegExp)[]): void {
  expect(end.stderr).toMatch(/^error: [^\n]+\n$/);
  expect({ exitCode: end.exitCode, stdout: end.stdout }).toEqual({ exitCode, stdout: '' });
  for (const part of parts) expect(end.stderr).toMatch(part);
}

/** The bytes of a data set of 40 training and 20 test images of 8 x 8, 3 classes: a bright row for each class. */
export function tinyImages(): Record<string, Buffer> {
  const part = (name: string, count: number) => ({
    [`${name}-images-idx3-ubyte`]: idxBytes(
      [count, 8, 8],
      Array.from({ length: count * 64 }, (_, at) =>
        Math.floor((at % 64) / 8) === 2 * (Math.floor(at / 64) % 3) ? 255 : (at * 7) % 50,
      ),
    ),
    [`${name}-labels-idx1-ubyte`]: idxBytes(
      [count],
      Array.from({ length: count }, (_, at) => at % 3),
    ),
  });
  return { ...part('train', 40), ...part('t10k', 20) };
}

/** Writes a data directory, with some files other than usual. */
export function writeImages(
  { write }: Sandbox,
  directory: string,
  changed: Record<string, Buffer> = {},
): string {
  for (const [name, bytes] of Object.entries({ ...tinyImages(), ...changed }))
    write(join(directory, name), bytes);
  return directory;
}

export const smallModel = `layers.flatten({ inputShape }), layers.dense({ units: classes })`;

/** As if from a shell: without what npm or Vitest say to their own scripts. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_(?!COMPILE_CACHE)|VITEST)/i.test(name)),
  );
}
