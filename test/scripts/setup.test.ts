import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, ended } from '../../testing/programs.ts';

const root = join(import.meta.dirname, '..', '..');
const scripts = join(root, 'scripts');
const startScript: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start;
/** A clone with nothing installed, whose npm, kernels, pages and program only write down that they were run. */
let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'gradpool-setup-'));
  mkdirSync(join(clone, 'scripts'));
  for (const name of readdirSync(scripts).filter((name) => name.endsWith('.mjs')))
    cpSync(join(scripts, name), join(clone, 'scripts', name));
  write('package.json', JSON.stringify({ name: 'clone', type: 'module', scripts: { start: startScript } }));
  write('package-lock.json', '{}');
  write('npm-cli.js', fakeNpm);
  write('scripts/build-kernels.ts', fakeKernels);
  write('scripts/build-pages.ts', fakePages);
  write('scripts/kernel-sources.ts', '');
  write('src/kernels/assembly/a.ts', '');
  write('src/browser/page.ts', '');
  write('src/kernels/variants.ts', '');
  write('src/cli/main.ts', program);
});

afterEach(() => rmSync(clone, { recursive: true, force: true, maxRetries: 3 }));

test('a first start installs packages, runtime, kernels and pages, and a second one nothing.', async () => {
  const first = await start(['train', '--workers', '8']);
  expect(first).toEqual({
    exitCode: 0,
    stdout: '["train","--workers","8"]\n',
    stderr: 'Installing packages ...\nInstalling the runtime ...\nBuilding kernels ...\nBuilding pages ...\n',
  });
  expect(await start([])).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
  expect(done()).toEqual(['packages', 'runtime', 'kernels', 'pages']);
  expect(readdirSync(join(clone, 'build'))).toEqual(['kernels', 'pages']);
});

test('what changed is set up again, and only that.', async () => {
  await start([]);
  write('src/kernels/assembly/a.ts', 'changed');
  await start([]);
  rmSync(join(clone, 'build'), { recursive: true });
  await start([]);
  write('src/browser/page.ts', 'changed');
  await start([]);
  const all = ['packages', 'runtime', 'kernels', 'pages'];
  expect(done()).toEqual([...all, 'kernels', 'kernels', 'pages', 'pages']);
  write('package-lock.json', '{ "changed": true }');
  await start([]);
  rmSync(join(clone, 'node_modules', 'node', 'bin'), { recursive: true });
  await start([]);
  expect(done().slice(8)).toEqual([...all, ...all]);
});

test.each(['packages', 'runtime', 'kernels', 'pages'])(
  'a set-up that is killed while it installs %s is finished by the next one.',
  async (stage) => {
    const killed = launch([], { SLOW: stage });
    await until(() => done().includes(stage));
    killed.kill('SIGKILL');
    await ended(killed);
    expect((await start([])).stdout).toBe('[]\n');
    expect(existsSync(join(clone, 'node_modules', 'whole'))).toBe(true);
    expect((await start([])).stderr).toBe('');
  },
);

test('two set-ups at once do the work once.', async () => {
  const [one, other] = await Promise.all([
    start(['1'], { SLOW: 'packages' }),
    start(['2'], { SLOW: 'packages' }),
  ]);
  expect([one.stdout, other.stdout]).toEqual(['["1"]\n', '["2"]\n']);
  expect(`${one.stderr}${other.stderr}`).toContain('Waiting for another set-up');
  expect(done()).toEqual(['packages', 'runtime', 'kernels', 'pages']);
});

test('a set-up that fails shows what npm said and what to do, and leaves the packages that were there.', async () => {
  await start([]);
  write('package-lock.json', '{ "changed": true }');
  const failed = await start([], { FAIL: 'packages' });
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toBe('');
  expect(failed.stderr).toContain('npm error 404 nothing here');
  expect(failed.stderr).toMatch(
    /Set-up failed: `npm ci` ended with exit code 1 .* run the same command again\.\n$/,
  );
  expect(failed.stderr).not.toContain('    at ');
  expect(existsSync(join(clone, 'node_modules', 'whole'))).toBe(true);
});

test('where the runtime cannot be had, this Node.js is used, and that is said in one line.', async () => {
  const first = await start(['x'], { FAIL: 'runtime' });
  expect(first.stdout).toBe('["x"]\n');
  expect(first.stderr).toContain(`; using this one, ${process.version}.\n`);
  expect(await start(['x'])).toEqual({ exitCode: 0, stdout: '["x"]\n', stderr: '' });
});

test('a signal stops a set-up with all it started, and the exit code names it.', async () => {
  const stopped = launch([], { SLOW: 'packages' });
  await until(() => done().includes('packages'));
  stopped.kill('SIGTERM');
  expect((await ended(stopped)).exitCode).toBe(143);
  expect(readdirSync(join(clone, 'build'))).toEqual([]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s to npm reaches the program once, and its exit code comes back.', async (signal, code) => {
  await start([]);
  const program = launch(['wait'], {}, ['npm', 'start', '--']);
  await until(() => done().includes('ready'));
  program.kill(signal);
  expect((await ended(program)).exitCode).toBe(code);
  expect(done().filter((line) => line === signal)).toEqual([signal]);
});

test('a program that a signal ends gives the exit code that a shell would.', async () => {
  await start([]);
  expect((await start(['end by SIGKILL'])).exitCode).toBe(137);
  expect((await start(['exit with 2'])).exitCode).toBe(2);
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return ended(launch(args, env));
}

function launch(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  [program, ...first] = [process.execPath, 'scripts/run.mjs', 'start'],
): ChildProcess {
  const own = { npm_execpath: join(clone, 'npm-cli.js'), RUNTIME: process.execPath, DONE: log() };
  return spawn(program, [...first, ...args], { cwd: clone, env: { ...process.env, ...own, ...env } });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

const log = () => join(clone, 'done.log');
const done = () => (existsSync(log()) ? readFileSync(log(), 'utf8').trim().split('\n') : []);

function write(path: string, content: string): void {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), content);
}

/** Says which stage it is; fails or takes its time where the test asks for that. */
const stage = `
  const { appendFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } = process.getBuiltinModule('node:fs');
  const say = (line) => appendFileSync(process.env.DONE, line + '\\n');
  const stage = (name, message) => {
    say(name);
    if (process.env.FAIL === name) { console.error(message); process.exit(1); }
    if (process.env.SLOW === name) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  };
`;
const fakeRuntime = `${stage}
  stage('runtime', 'no such platform');
  mkdirSync('bin');
  symlinkSync(process.env.RUNTIME, 'bin/node');
`;
const fakeNpm = `${stage}
  mkdirSync('node_modules/.bin', { recursive: true });
  stage('packages', 'npm warn old\\nnpm error 404 nothing here');
  mkdirSync('node_modules/node');
  writeFileSync('node_modules/node/package.json', '{}');
  writeFileSync('node_modules/node/installArchSpecificPackage.js', ${JSON.stringify(fakeRuntime)});
  writeFileSync('node_modules/whole', '');
`;
const fakeKernels = `${stage}
  stage('kernels', '');
  if (!existsSync('build/kernels')) mkdirSync('build/kernels');
`;
const fakePages = `${stage}
  stage('pages', '');
  if (!existsSync('build/pages')) mkdirSync('build/pages');
`;
const program = `${stage}
  if (process.argv[2] === 'end by SIGKILL') process.kill(process.pid, 'SIGKILL');
  else if (process.argv[2] === 'exit with 2') process.exit(2);
  else if (process.argv[2] === 'wait') {
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]])
      process.on(signal, () => { say(signal); setTimeout(() => process.exit(code), 200); });
    setInterval(() => {}, 1000);
    say('ready');
  } else console.log(JSON.stringify(process.argv.slice(2)));
`;
