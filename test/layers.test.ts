import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** A folder and what a file in it imports: each breaks the one-way flow of docs/architecture.md. */
const wrong = [
  ['src/cli', '../worker/task.ts'],
  ['src/cli', '../engine/wasm/wasm.ts'],
  ['src/coordinator', '../engine/engines.ts'],
  ['src/coordinator', '../optimizer/sgd.ts'],
  ['src/coordinator', '../cli/main.ts'],
  ['src/coordinator', '../fit/fit.ts'],
  ['src/fit', '../worker/task.ts'],
  ['src/fit', '../engine/wasm/wasm.ts'],
  ['src/fit', '../index.ts'],
  ['src/coordinator', '../index.ts'],
  ['src/coordinator/below', '../../engine/reference.ts'],
  ['src/worker', '../coordinator/train.ts'],
  ['src/worker', '../data/mnist.ts'],
  ['src/engine', '../optimizer/sgd.ts'],
  ['src/engine', '../protocol.ts'],
  ['src/engine/wasm', '../../worker/task.ts'],
  ['src/engine/wasm', '../../protocol.ts'],
  ['src/reduction', '../worker/task.ts'],
  ['src/optimizer', '../engine/wasm/wasm.ts'],
  ['src/model', '../engine/wasm/wasm.ts'],
  ['src/model', '../coordinator/train.ts'],
  ['src/model', '../../test/fixture.ts'],
  ['src/data', '../coordinator/train.ts'],
  ['src', './worker/task.ts'],
  ['src', './cli/main.ts'],
] as const;

const right = [
  ['src/cli', '../index.ts'],
  ['src/cli', '../coordinator/client.ts'],
  ['src/cli', '../engine/engine.ts'],
  ['src/coordinator', '../worker/task.ts'],
  ['src/coordinator', '../engine/engine.ts'],
  ['src/coordinator', '../engine/choose-engine.ts'],
  ['src/cli', '../engine/choose-engine.ts'],
  ['src/fit', '../coordinator/client.ts'],
  ['src/fit', '../engine/engine.ts'],
  ['src/coordinator', '../reduction/tree.ts'],
  ['src/worker', '../engine/wasm/wasm.ts'],
  ['src/worker', '../optimizer/sgd.ts'],
  ['src/engine', './wasm/wasm.ts'],
  ['src/engine/wasm', '../../model/network.ts'],
  ['src/optimizer', '../engine/wasm/kernels.ts'],
  ['src', './coordinator/client.ts'],
] as const;

/** Every way to import. */
const forms = [
  (path: string) => `export { a } from '${path}';\n`,
  (path: string) => `import type { A } from '${path}';\n\nexport type B = A;\n`,
  (path: string) => `export const a = await import('${path}');\n`,
];

/** The files that lint refuses for what they import. */
let refused: Set<string>;
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'gradpool-layers-'));
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  write('biome.json', JSON.stringify({ ...config, vcs: { enabled: false } }));
  for (const [folder, path] of [...wrong, ...right])
    forms.forEach((form, index) => {
      write(fileName(folder, path, index), form(path));
    });
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const { stderr } = spawnSync(process.execPath, [biome, 'lint', '--max-diagnostics=none'], {
    cwd: project,
    encoding: 'utf8',
  });
  refused = new Set(
    [...stderr.matchAll(/^(\S+?):\d+:\d+ lint\/style\/noRestrictedImports/gm)].map(([, file]) => file),
  );
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each(wrong)('lint refuses that a file in %s imports %s.', (folder, path) => {
  expect(forms.map((_, index) => refused.has(fileName(folder, path, index)))).toEqual([true, true, true]);
});

test.each(right)('lint accepts that a file in %s imports %s.', (folder, path) => {
  expect(forms.map((_, index) => refused.has(fileName(folder, path, index)))).toEqual([false, false, false]);
});

const fileName = (folder: string, path: string, form: number) =>
  `${folder}/${path.replaceAll(/\W/g, '_')}_${form}.ts`;

function write(path: string, content: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), content);
}
