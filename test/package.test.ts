import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
/** An empty project with nothing but the packed tarball installed. */
let project: string;
let installed: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'gradpool-package-'));
  installed = join(project, 'node_modules', 'gradpool');
  must('npm', ['pack', '--pack-destination', project], root);
  const [tarball] = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  write('package.json', '{ "name": "empty", "version": "1.0.0", "private": true }');
  must('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], project);
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the package holds built code, types, kernels, license and no sources or tests.', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'bin/gradpool.js',
      'build/kernels/portable.wasm',
      'build/kernels/relaxed.wasm',
      'build/pages/page.css',
      'build/pages/page.js',
      'build/pages/predictor.js',
      'dist/cli/main.js',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/worker/piscina-entry.cjs',
      'package.json',
    ]),
  );
  expect(files.filter((file) => /(^|\/)test|\.test\.|(?<!\.d)\.ts$|\.map$/.test(file))).toEqual([]);
});

test('what the built code imports is a dependency, no development tool.', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { dependencies, peerDependencies, devDependencies } = manifest;
  const imported = new Set<string>();
  for (const file of readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js'))
      for (const [, name] of readFileSync(join(installed, 'dist', file), 'utf8').matchAll(bareImport))
        imported.add(name);
  expect(imported.size).toBeGreaterThan(0);
  // A module that `gradpool init` writes names gradpool itself.
  const known = { ...dependencies, ...peerDependencies, gradpool: '' };
  expect([...imported].filter((name) => !(name in known))).toEqual([]);
  expect(readdirSync(join(project, 'node_modules')).filter((name) => name in devDependencies)).toEqual([]);
});

test('npx gradpool trains with two workers and leaves a run directory.', () => {
  const line = ['gradpool', ...training, '--run', 'run', '--data', writeImages()];
  const { status, stdout, stderr } = spawnSync('npx', line, spawnOptions(project));
  expect({ status, stdout }, stderr).toEqual({
    status: 0,
    stdout: expect.stringMatching(/global_step\D*3\b/),
  });
  const [next] = /(?<=^gradpool: +)\S.* evaluate --run .*/m.exec(stderr) ?? ['no line'];
  expect(must('sh', ['-c', next], tmpdir())).toBe(`${stdout.trimEnd().split('\n').at(-1)}\n`);
  expect(readdirSync(join(project, 'run'))).toEqual(expect.arrayContaining(['config.json', 'metrics.jsonl']));
  expect(must('npx', ['gradpool', 'report', 'run'], project)).toMatch(/^run\/report\.html: 1 run, \d+ kB/);
});

test('a thread of a training loads a few files of gradpool, not hundreds.', () => {
  write('count.mjs', countLoaded);
  const line = ['--import', './count.mjs', join(installed, 'bin', 'gradpool.js'), ...training];
  const output = must(process.execPath, [...line, '--run', 'counted', '--data', writeImages()], project);
  const threads = Map.groupBy(output.match(/^loaded by \d+/gm) ?? [], (line) => line);
  // The main thread, the coordinator's and two workers'.
  expect(threads.size).toBe(4);
  const files = [...threads.values()].map((lines) => lines.length);
  expect(Math.min(...files)).toBeGreaterThan(1);
  expect(Math.max(...files)).toBeLessThan(20);
});

test('a program that imports gradpool trains with two workers.', () => {
  write('program.mjs', program);
  expect(must(process.execPath, ['program.mjs'], project)).toBe('3 steps, finite: true\n');
});

// With the built code: what takes the types out of ours, in the checkout, reserves gigabytes too.
test.runIf(process.platform === 'linux')(
  'under ulimit -v, more workers than fit are refused with how many do, and those train.',
  () => {
    const under = (workers: number) =>
      spawnSync(
        'bash',
        ['-c', 'ulimit -v 7000000 && exec "$0" bounded.mjs "$1"', process.execPath, `${workers}`],
        spawnOptions(project),
      );
    write('bounded.mjs', program.replace('workers: 2', 'workers: Number(process.argv[2] ?? 2), shards: 8'));
    const { stderr } = under(8);
    expect(stderr).toMatch(
      /Expected \d+ MiB of address space for 8 threads, got \d+ MiB left of the limit of 6836 MiB; raise it \(ulimit -v\), or set `workers` to [2-6]\n/,
    );
    expect(under(Number(/`workers` to (\d)/.exec(stderr)?.[1]))).toMatchObject({ status: 0, stderr: '' });
  },
);

test("the README's example trains and prints what it says.", () => {
  write('readme.mjs', readmeExample('import { mnist,'));
  expect(must(process.execPath, ['readme.mjs'], project)).toMatch(
    /^step 1: loss 2\.\d{3}\nstep 50: loss 0\.\d{3}\naccuracy 0\.[89]\d* after 50 steps\nthe first test image is a 7 \([01]\.\d{3}\)\n$/,
  );
});

test("the README's fit learns and prints what it says.", () => {
  write('my-fit.mjs', readmeExample('// my-fit.js'));
  expect(must(process.execPath, ['my-fit.mjs'], project)).toMatch(
    /^accuracy (0\.9\d|1\.00) after 10 epochs\n$/m,
  );
});

test("the README's model trains on the data that it is given.", () => {
  write('my-model.mjs', readmeExample('// my-model.js'));
  const output = must('npx', ['gradpool', ...training, '--model', 'my-model.mjs', '--data', 'data'], project);
  expect(output).toMatch(/model .*my-model\.mjs.*\n.*global_step: 3\}/s);
});

describe('an example', () => {
  beforeAll(() => {
    cpSync(join(installed, 'examples'), join(project, 'examples'), { recursive: true });
    write('examples/package.json', '{ "type": "module" }');
  });

  test('trains a model of its own, saves it and uses what was saved.', () => {
    expect(must(process.execPath, ['examples/own-model.js', 'my-model'], project)).toMatch(
      /^(9\d|100) % of the test images are told right\nimage 0 shows a row \(\d+ %\)\nimage 1 shows a column \(\d+ %\)\nimage 2 shows a diagonal \(\d+ %\)\n$/,
    );
    expect(readdirSync(join(project, 'my-model')).sort()).toEqual(['model.json', 'weights.bin']);
  });

  test('fits in place of model.fit.', () => {
    expect(must(process.execPath, ['examples/fit.js'], project)).toMatch(
      /(epoch \d+: loss \d\.\d{4}\n){4}off by 0\.0\d+ in the mean\nat 0\.5: (0\.9|1\.0)\d, and the wave is 1\.00\n$/,
    );
  });

  test('resumes a run with other workers to the same bits, and reads what it reported.', () => {
    expect(must(process.execPath, ['examples/resume.js', 'my-run'], project)).toMatch(
      /^step 1: .*\nstopped: true, and at least 20 steps are saved: true\nthe same bits as without a break: true\naccuracy 0\.9\d after 80 steps\n$/s,
    );
  });
});

test('the types that gradpool ships check a program that uses them, and one that uses them wrongly.', () => {
  write('program.mts', program);
  write('wrong.mts', program.replace('workers: 2', "workers: 'two'"));
  must(process.execPath, [...tsc, 'program.mts'], project);
  const wrong = spawnSync(process.execPath, [...tsc, 'wrong.mts'], spawnOptions(project));
  expect(wrong.stdout).toContain("Type 'string' is not assignable to type 'number'");
});

test("the README's examples pass TypeScript's strict checks.", () => {
  write('readme-types.mts', readmeExample('import { mnist,'));
  write('my-fit-types.mts', readmeExample('// my-fit.js'));
  write('my-model-types.mjs', readmeExample('// my-model.js'));
  const files = ['readme-types.mts', 'my-fit-types.mts', 'my-model-types.mjs'];
  must(process.execPath, [...tsc, '--allowJs', '--checkJs', ...files], project);
});

test('a Node.js that is too old gets one clear line and exit code 1.', () => {
  const old = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.17.9'})`;
  const bin = join(project, 'node_modules', '.bin', 'gradpool');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', old, bin, 'train'],
    spawnOptions(project),
  );
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'gradpool needs Node.js 22.18 or newer, this is 22.17.9; install a newer one and run the same command again\n',
  });
});

/** TensorFlow.js brings WebGPU's types, which clash with those of TypeScript's own DOM library: hence skipLibCheck. */
const tsc = [
  join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  ...['--noEmit', '--strict', '--skipLibCheck'],
  ...['--module', 'nodenext', '--target', 'es2024', '--types', ''],
];

/** The README's block of JavaScript that begins so. */
function readmeExample(beginning: string): string {
  const [, rest] = readFileSync(join(root, 'README.md'), 'utf8').split(`\`\`\`js\n${beginning}`);
  expect(rest, `the README has a block that begins with ${beginning}`).toBeDefined();
  return beginning + rest.slice(0, rest.indexOf('```'));
}

/** The packages named by `import ... from 'x'`, `export ... from 'x'`, `import 'x'` and `import('x')`. */
const bareImport = /\b(?:from\s*|import\s*\(?\s*)['"](?!node:|\.)((?:@[\w.-]+\/)?[\w.-]+)['"/]/g;

const training = ['train', '--workers', '2', '--steps', '3', '--batch-size', '8'];

const program = `
import { dataset, mnistCnn, train } from 'gradpool';

const labels = Array.from({ length: 16 }, (_, example) => example % 10);
const examples = dataset({ inputs: new Uint8Array(16 * 784), labels, shape: [28, 28, 1], classes: 10 });
const options = { workers: 2, batchSize: 8, steps: 3 };
const result = await train(mnistCnn(), { train: examples, test: examples }, options);
console.log(\`\${result.globalStep} steps, finite: \${Number.isFinite(result.trainLoss)}\`);
`;

/** Prints a line for each of the package's own files that a thread loads. */
const countLoaded = `
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { threadId } from 'node:worker_threads';

registerHooks({
  load(url, context, next) {
    if (url.includes('/gradpool/dist/')) writeSync(1, 'loaded by ' + threadId + '\\n');
    return next(url, context);
  },
});
`;

/** A data set of 16 blank images in MNIST's four files: quicker than MNIST itself. */
function writeImages(): string {
  const header = (...numbers: number[]) => Buffer.from(new Uint32Array(numbers).buffer).swap32();
  mkdirSync(join(project, 'data'), { recursive: true });
  for (const part of ['train', 't10k']) {
    write(
      `data/${part}-images-idx3-ubyte`,
      Buffer.concat([header(0x803, 16, 28, 28), Buffer.alloc(16 * 784)]),
    );
    write(
      `data/${part}-labels-idx1-ubyte`,
      Buffer.concat([
        header(0x801, 16),
        Buffer.from('0123456789012345', 'latin1').map((digit) => digit - 48),
      ]),
    );
  }
  return 'data';
}

function write(path: string, content: string | Uint8Array): void {
  writeFileSync(join(project, path), content);
}

/** @returns standard output */
function must(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, spawnOptions(cwd));
  expect(status, `${command} ${args.join(' ')}\n${error ?? ''}${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** Without what the npm and the Vitest that run these tests tell their own children. */
function spawnOptions(cwd: string) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_ENV|VITEST)/i.test(name)),
  );
  return { cwd, encoding: 'utf8', env, timeout: 300_000 } as const;
}
