/** `npm run setup:tensorflow` in a clone whose pip, compiler and TensorFlow are small programs that stand in for them. */
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
import { checkRoom } from '../../scripts/tensorflow/cache.ts';
import { chosenWheel } from '../../scripts/tensorflow/wheel.ts';
import { type Ended, ended } from '../../testing/programs.ts';

const root = join(import.meta.dirname, '..', '..');
const package_ = 'node_modules/@tensorflow/tfjs-node';
const binding = `${package_}/lib/napi-v8/tfjs_binding.node`;
let clone: string;

beforeEach(({ skip }) => {
  skip(`${process.platform}-${process.arch}` !== 'linux-x64', 'the wheel that is known is for linux-x64');
  clone = mkdtempSync(join(tmpdir(), 'gradpool-setup-tensorflow-'));
  cpSync(join(root, 'scripts'), join(clone, 'scripts'), { recursive: true });
  write('package.json', '{ "type": "module" }');
  write('scripts/tensorflow/training-step.ts', trainingStep);
  write(`${package_}/package.json`, '{}');
  write(`${package_}/scripts/install.js`, ownInstall);
  write(`${package_}/binding/tfjs_backend.cc`, '');
  write('node_modules/node-api-headers/package.json', '{}');
  for (const [name, program] of Object.entries({ python3, 'g++': compiler }))
    write(`bin/${name}`, `#!${process.execPath}\n${program}`, 0o755);
});

afterEach(() => rmSync(clone, { recursive: true, force: true, maxRetries: 3 }));

test('puts the package together, and a second run only trains a step', async () => {
  const first = await setUp();
  expect(first).toMatchObject({ exitCode: 0, stdout: 'trained\n' });
  expect(first.stderr).toMatch(
    /Trying .*\nThat did not work \(exit code 1\).*\nFetching .*\nUnpacking .*\nCompiling/,
  );
  expect(done()).toEqual(['own', 'pip', 'fetch', 'unpack', 'compile', 'compile', 'train']);
  expect(cached()).toEqual([
    expect.stringMatching(/^tensorflow-cpu-/),
    expect.stringMatching(/^tfjs-binding-/),
  ]);
  expect(await setUp()).toEqual({ exitCode: 0, stdout: 'trained\n', stderr: '' });
  expect(done().slice(7)).toEqual(['train']);
});

test('another clone takes what is in the cache', async () => {
  await setUp();
  rmSync(join(clone, package_, 'lib'), { recursive: true });
  expect((await setUp()).exitCode).toBe(0);
  expect(done().slice(7)).toEqual(['own', 'train']);
});

test("takes the package's own install where that works", async () => {
  expect(await setUp({ WORKS: 'own' })).toMatchObject({ exitCode: 0, stdout: 'trained\n' });
  expect(done()).toEqual(['own', 'train']);
});

test.each([
  [
    'no Python',
    { remove: 'python3' },
    /Expected Python 3\.9 or newer \(python3\) .* found none: install it, then run/,
  ],
  [
    'no pip',
    { FAIL: 'pip' },
    /fetched with Python's pip, which does not start: install it .* or name a wheel/,
  ],
  [
    'a wheel that pip cannot fetch',
    { FAIL: 'fetch' },
    /no such index\npip could not fetch tensorflow-cpu .*: check the network/,
  ],
  ['a wheel that is damaged', { FAIL: 'unpack' }, /not a zip file\nUnpacking .* failed/],
  [
    'a wheel without the libraries',
    { EMPTY: 'unpack' },
    /Expected .*\.whl to hold .*libtensorflow_cc.*, found none: take another wheel/,
  ],
  [
    'no compiler',
    { remove: 'g++' },
    /Expected a C\+\+ compiler \(g\+\+ or clang\+\+ or c\+\+\) .* found none: install one/,
  ],
  [
    'a compiler that is told by CXX and is not there',
    { CXX: 'no-such' },
    /Expected a C\+\+ compiler \(no-such\)/,
  ],
  [
    'a compiler that fails',
    { FAIL: 'compile' },
    /error: no such header\ng\+\+ could not compile .* try another compiler, named in CXX/,
  ],
  [
    'a binding that does not train',
    { FAIL: 'train' },
    /illegal instruction\nThe binding is there but does not train \(exit code 1/,
  ],
])(
  'says what is wrong with %s, and the next run goes on from there',
  async (_, { remove, ...env }: Trouble, said) => {
    if (remove !== undefined) rmSync(join(clone, 'bin', remove));
    const failed = await setUp(env);
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toMatch(said);
    expect(failed.stderr).not.toContain('    at ');
    expect(existsSync(join(clone, binding))).toBe(false);
    expect(cached().filter((name) => name.startsWith('making-'))).toEqual([]);

    for (const [name, program] of Object.entries({ python3, 'g++': compiler }))
      write(`bin/${name}`, `#!${process.execPath}\n${program}`, 0o755);
    const before = done().filter((line) => line === 'compile').length;
    expect(await setUp()).toMatchObject({ exitCode: 0, stdout: 'trained\n' });
    expect(existsSync(join(clone, binding))).toBe(true);
    // What was whole is not made again.
    if (before === 2) expect(done().filter((line) => line === 'compile').length).toBe(2);
  },
);

test.each(['fetch', 'unpack', 'compile'])(
  'a set-up that is killed at %s is finished by the next one',
  async (stage) => {
    const killed = launch({ SLOW: stage });
    while (!done().includes(stage)) await sleep(20);
    killed.kill('SIGKILL');
    await ended(killed);
    expect(cached().some((name) => name.startsWith('making-'))).toBe(true);
    expect(await setUp()).toMatchObject({ exitCode: 0, stdout: 'trained\n' });
    expect(cached().some((name) => name.startsWith('making-'))).toBe(false);
  },
);

test('refuses a wheel of another platform or version, and one that is not there', async () => {
  const refused = await setUp({}, ['--wheel', 'tensorflow_cpu-2.21.0-cp311-cp311-win_amd64.whl']);
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^Expected a wheel of this machine's platform, like .*, got .*win_amd64\.whl\n$/,
  );
  const linux = (file: string) => () => chosenWheel(file, 'linux-x64');
  expect(linux('tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl')).toThrow(
    /Expected a wheel of this/,
  );
  expect(linux('tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl')).toThrow(
    /Expected a wheel of this/,
  );
  expect(linux('tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl')).toThrow(/found nothing there/);
  expect(() => chosenWheel(undefined, 'darwin-arm64')).toThrow(
    /no tensorflow-cpu wheel .* for darwin-arm64 \(known: linux-x64\)/,
  );
});

test('refuses arguments that it does not know with exit code 2', async () => {
  const refused = await setUp({}, ['--what']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/^Expected no arguments, or --wheel FILE.*--what/);
});

test('says how much room is needed and had', () => {
  expect(() => checkRoom('/cache', 1000 * 2 ** 20, { bavail: 10, bsize: 2 ** 20 })).toThrow(
    "Expected 1000 MiB of free disk at /cache for TensorFlow's libraries, got 10 MiB: free some, or name another place with XDG_CACHE_HOME",
  );
  expect(() => checkRoom('/cache', 10 * 2 ** 20, { bavail: 10, bsize: 2 ** 20 })).not.toThrow();
});

interface Trouble extends NodeJS.ProcessEnv {
  /** A program that is not to be found. */
  readonly remove?: string;
}

function setUp(env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Ended> {
  return ended(launch(env, args));
}

function launch(env: NodeJS.ProcessEnv, args: readonly string[] = []): ChildProcess {
  const own = { PATH: join(clone, 'bin'), XDG_CACHE_HOME: join(clone, 'cache'), DONE: log() };
  const program = join(clone, 'scripts', 'setup-tensorflow.ts');
  return spawn(process.execPath, [program, ...args], { cwd: clone, env: { ...own, ...env } });
}

const log = () => join(clone, 'done.log');
const done = () => (existsSync(log()) ? readFileSync(log(), 'utf8').trim().split('\n') : []);
const cached = () =>
  readdirSync(join(clone, 'cache', 'gradpool'))
    .filter((name) => !name.startsWith('lock'))
    .sort();

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), content, { mode });
}

/** Says which stage it is; works, fails or takes its time where the test asks for that. */
const stage = `
  const { appendFileSync, mkdirSync, writeFileSync } = process.getBuiltinModule('node:fs');
  const stage = (name, message) => {
    appendFileSync(process.env.DONE, name + '\\n');
    if (process.env.FAIL === name) { console.error(message); process.exit(1); }
    if (process.env.SLOW === name) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  };
`;
const ownInstall = `${stage}
  stage('own', '');
  if (process.env.WORKS !== 'own') process.exit(1);
  mkdirSync('lib/napi-v8', { recursive: true });
  writeFileSync('lib/napi-v8/tfjs_binding.node', '');
`;
const python3 = `${stage}
  const args = process.argv.slice(2);
  if (args[2] === '--version') stage('pip', 'No module named pip');
  else if (args[1] === 'pip') {
    stage('fetch', 'no such index');
    writeFileSync(args.at(-1) + '/tensorflow_cpu.whl', '');
  } else {
    mkdirSync(args[2] + '/lib', { recursive: true });
    stage('unpack', 'not a zip file');
    if (process.env.EMPTY !== 'unpack')
      for (const name of ['cc', 'framework']) writeFileSync(args[2] + '/lib/libtensorflow_' + name + '.so.2', '');
  }
`;
const compiler = `${stage}
  const args = process.argv.slice(2);
  if (args[0] !== '--version') {
    stage('compile', 'error: no such header');
    writeFileSync(args[args.indexOf('-o') + 1], '');
  }
`;
const trainingStep = `${stage}
  stage('train', 'illegal instruction');
  console.log('trained');
`;
