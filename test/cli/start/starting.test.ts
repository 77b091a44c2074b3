import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { createProgram } from '../../../src/cli/program.ts';
import { printCompletions } from '../../../src/cli/start/completion.ts';
import { configurable } from '../../../src/cli/typed/option-kinds.ts';
import { expectRefusal, sandbox, writeImages } from '../../../testing/cli/sandbox.ts';

const box = sandbox();
const root = join(import.meta.dirname, '..', '..', '..');

test('what init writes trains as it stands, names every option, and is never written over.', async () => {
  symlinkSync(join(root, 'node_modules'), box.path('node_modules'));
  expect(await box.run('init', 'mine')).toMatchObject({
    ...{ exitCode: 0, stderr: '' },
    stdout:
      'wrote mine/train.yaml\nwrote mine/model.mjs\ntrain it: gradpool train --config mine/train.yaml\n',
  });
  const text = await readFile(box.path('mine', 'train.yaml'), 'utf8');
  const named = [...text.matchAll(/^(?:# )?(\w+):(?: \S+| \[\S*\])?$/gm)].map(([, name]) => name);
  const [train] = createProgram().commands;
  const names = configurable(train.options).map((option) => option.attributeName());
  expect(named.toSorted()).toEqual(expect.arrayContaining(names.toSorted()));
  expect(parseDocument(text.replaceAll(/^# (?=\w+:(?: \S+)?$)/gm, '')).errors).toEqual([]);
  const data = writeImages(box, 'data');
  const short = ['--data', data, '--batch-size', '8', '--workers', '1', '--quiet'];
  expect(await box.run('--config', 'mine/train.yaml', ...short)).toMatchObject({
    ...{ exitCode: 0, stderr: '', stdout: expect.stringMatching(/global_step: 5\}/) },
  });
  expect(box.list('mine/runs/first')).toContain('config.json');
  box.write('half/model.mjs', 'mine');
  for (const directory of ['mine', 'half'])
    expectRefusal(await box.run('init', directory), 2, /model\.mjs, which would be overwritten, got /);
  expect(box.list('half')).toEqual(['model.mjs']);
  expectRefusal(await box.run('init', 'half/model.mjs'), 1, /Could not write into half\/model\.mjs/);
});

const mine = box.path('of-mine');
const completed: [string[], string[]][] = [
  [['tr'], ['train']],
  [['train', '--opt'], ['--optimizer']],
  [['--opt'], ['--optimizer']],
  [
    ['train', '--engine', ''],
    ['auto', 'wasm', 'tensorflow', 'reference'],
  ],
  [['train', '--engine=w'], ['wasm']],
  [
    ['train', '--metrics', 'mse,ma'],
    ['mse,mae', 'mse,mape'],
  ],
  [['train', '--data', mine.slice(0, -2)], [`${mine}/`]],
  [
    ['predict', `${mine}/`],
    [`${mine}/a.png`, `${mine}/b.png`],
  ],
  [['train', '--data', 'nowhere/'], []],
  [['train', '--seed', ''], []],
];

test.each(completed)('after gradpool %j come %j.', (words, expected) => {
  for (const name of ['a.png', 'b.png']) box.write(`of-mine/${name}`, '');
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  printCompletions(createProgram(), words);
  log.mockRestore();
  expect(lines.pop()).toMatch(/^:\d+$/);
  expect(lines.map((line) => line.split('\t')[0])).toEqual(expected);
});

test('the scripts of bash, zsh and fish ask the program, which answers.', async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await box.run('complete', shell)).toMatchObject({
      ...{ exitCode: 0, stdout: expect.stringContaining('gradpool complete -- ') },
    });
  expect(await box.run('complete', '--', 'evalu')).toMatchObject({
    ...{ exitCode: 0, stdout: expect.stringMatching(/^evaluate\t.*\n:\d+\n$/) },
  });
});

test('there is no script of another shell, nor of none.', async () => {
  expectRefusal(await box.run('complete', 'tcsh'), 2, /bash, zsh or fish, got `tcsh`/);
  expectRefusal(await box.run('complete'), 2, /bash, zsh or fish, got none/);
});
