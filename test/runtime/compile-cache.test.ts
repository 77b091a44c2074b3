import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const module = join(import.meta.dirname, '..', '..', 'src', 'runtime', 'compile-cache.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradpool-compile-cache-'));
  writeFileSync(join(folder, 'file'), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

test.for([
  ["the user's folder for caches", { XDG_CACHE_HOME: 'cache' }, 'cache/gradpool/compiled'],
  ['home, where that is no whole path', { HOME: 'home' }, 'home/.cache/gradpool/compiled'],
  ['the folder that the user names', { NODE_COMPILE_CACHE: 'named', XDG_CACHE_HOME: 'cache' }, 'named'],
  ['none where it cannot be written', { XDG_CACHE_HOME: 'file' }, undefined],
  ['none where the user wants none', { NODE_DISABLE_COMPILE_CACHE: '1', XDG_CACHE_HOME: 'cache' }, undefined],
] as const)('compiled modules are kept in: %s', ([, given, expected], { skip }) => {
  skip(process.platform !== 'linux', 'other systems have other folders');
  const inFolder = Object.entries(given).map(([name, value]) => [
    name,
    name === 'NODE_DISABLE_COMPILE_CACHE' ? value : join(folder, value),
  ]);
  const { XDG_CACHE_HOME: _, NODE_COMPILE_CACHE: _named, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...env, XDG_CACHE_HOME: 'relative', ...Object.fromEntries(inFolder) },
    cwd: folder,
    encoding: 'utf8',
  });
  const [own = '', threads = ''] = stdout.split('\n');
  const begin = expected === undefined ? 'none' : join(folder, expected);
  expect([own.slice(0, begin.length), threads.slice(0, begin.length)]).toEqual([begin, begin]);
});

/** Where this process keeps them, and where a thread of it does. */
const program = `
  import { getCompileCacheDir } from 'node:module';
  import { Worker } from 'node:worker_threads';
  import { useCompileCache } from ${JSON.stringify(module)};
  useCompileCache();
  console.log(getCompileCacheDir() ?? 'none');
  new Worker("console.log(require('node:module').getCompileCacheDir() ?? 'none')", { eval: true, execArgv: [] });`;
