import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const project = mkdtempSync(join(tmpdir(), 'gradpool-assembly-'));
const file = 'src/kernels/assembly/tree-sum.ts';
const source = readFileSync(join(root, file), 'utf8');
for (const path of ['scripts', 'src/kernels', 'biome.json'])
  cpSync(join(root, path), join(project, path), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction');

beforeEach(() => writeFileSync(join(project, file), source));
afterAll(() => rmSync(project, { recursive: true, force: true }));

function check(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-assembly.ts', ...args], {
    cwd: project,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

test('the type check of the kernels names a call with a wrong number of values, by file and line', () => {
  appendFileSync(join(project, file), '\nexport function wrong(): void {\n  treeSum(0, 1);\n}\n');
  const { status, output } = check('types');
  expect(output).toContain(`${file}(${source.split('\n').length + 2},3): error TS2554`);
  expect(status).not.toBe(0);
});

test('the lint of the kernels names a variable that nothing reads, decorators or not', () => {
  appendFileSync(join(project, file), '\n@inline\nexport function wrong(): void {\n  const a = 1;\n}\n');
  const { status, output } = check('lint');
  expect(output).toContain('lint/correctness/noUnusedVariables');
  expect(output).toContain(file);
  expect(status).not.toBe(0);
});

test('what is not formatted is refused, and put right with --write, decorators included', () => {
  const unformatted = source.replace('@inline\nfunction add(', '@inline\nfunction   add(');
  expect(unformatted).not.toBe(source);
  writeFileSync(join(project, file), unformatted);
  expect(check('lint').status).not.toBe(0);
  expect(readFileSync(join(project, file), 'utf8')).toBe(unformatted);
  expect(check('lint', '--write').status).toBe(0);
  expect(readFileSync(join(project, file), 'utf8')).toBe(source);
});
