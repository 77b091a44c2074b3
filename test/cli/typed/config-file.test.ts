import { expect, test } from 'vitest';
import { nameOptionsAsTyped } from '../../../src/cli/print/option-names.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { takeConfigFile } from '../../../src/cli/typed/config-file.ts';
import { type GradpoolError, messageOf } from '../../../src/errors.ts';
import { expectRefusal, sandbox, writeImages } from '../../../testing/cli/sandbox.ts';

const box = sandbox();

/** The command with what was typed and what the file says. */
async function trainWith(text: string | Uint8Array, typed: Readonly<Record<string, unknown>> = {}) {
  const [train] = createProgram().commands;
  for (const [name, value] of Object.entries(typed)) train.setOptionValueWithSource(name, value, 'cli');
  train.setOptionValue('config', box.path(box.write('train.yaml', text)));
  await takeConfigFile(train).catch((error: unknown) => {
    throw Object.assign(error as GradpoolError, { message: nameOptionsAsTyped(messageOf(error), train) });
  });
  return train;
}

test.each([
  [
    'YAML',
    'batchSize: 32\nlearningRate: 1e-3\n# a comment\nnesterov: true\nmetrics: [mse, mae]\nloss: mse\n',
  ],
  [
    'JSON',
    '{\n\t"$schema": "x",\n\t"batchSize": 32, "learningRate": 0.001,\n"nesterov": true, "metrics": ["mse", "mae"], "loss": "mse"}',
  ],
])('a file in %s says what options say.', async (_, text) => {
  expect((await trainWith(text)).opts()).toEqual({
    ...{ batchSize: 32, learningRate: 0.001, nesterov: true, metrics: ['mse', 'mae'], loss: 'mse' },
    config: undefined,
  });
});

test('names may stand as they are typed, and a list as one text.', async () => {
  const { batchSize, metrics } = (await trainWith('batch-size: 32\nmetrics: mse, mae')).opts();
  expect({ batchSize, metrics }).toEqual({ batchSize: 32, metrics: ['mse', 'mae'] });
});

test('an empty file says nothing, nor does a name without a value.', async () => {
  for (const text of ['', '# nothing\n', 'steps:\n', 'null'])
    expect((await trainWith(text)).opts(), text).toEqual({ config: undefined });
});

test('what is typed goes before the file, whatever that says.', async () => {
  const { batchSize, seed } = (await trainWith('batchSize: 32\nseed: 5\n', { batchSize: 8 })).opts();
  expect({ batchSize, seed }).toEqual({ batchSize: 8, seed: 5 });
});

test('paths are from where the file lies.', async () => {
  const { model, data, observer } = (
    await trainWith('model: a.js\ndata: /elsewhere\nobserver: [b.js]\n')
  ).opts();
  expect({ model, data, observer }).toEqual({
    ...{ model: box.path('a.js'), data: '/elsewhere', observer: [box.path('b.js')] },
  });
});

const refused: Record<string, [string | Uint8Array, string | RegExp]> = {
  'an unknown name': [
    'seed: 1\nbatchsise: 32\n',
    'train.yaml, line 2: expected the name of an option of `train`, got the string "batchsise"; did you mean "batchSize"?',
  ],
  'a name like no other': ['qwertyuiop: 1', /line 1: .*"qwertyuiop"; `gradpool train --help` lists them$/],
  'a list for a name': ['? [1, 2]\n: 3\n', /line 1: expected the name of an option/],
  'a configuration in itself': ['config: other.yaml', /line 1: expected the name of an option/],
  'a number in quotes': [
    'seed: 1\n\nbatchSize: "32"',
    'Expected `batchSize` (train.yaml, line 3) to be a number, got the string "32"',
  ],
  'a number for a path': [
    'model: 7',
    'Expected `model` (train.yaml, line 1) to be a text, got the number 7; put it in quotes',
  ],
  'a word for a flag': [
    'serve: yes',
    'Expected `serve` (train.yaml, line 1) to be true or false, got the string "yes"',
  ],
  'a number for a list': [
    'metrics: 3',
    'Expected `metrics` (train.yaml, line 1) to be a list, got the number 3',
  ],
  'a list in a list': [
    'metrics: [[mse]]',
    /^Expected `metrics` \(train\.yaml, line 1\) to be a list of names or numbers/,
  ],
  'a mapping for a number': [
    'seed: { a: 1 }',
    /^Expected `seed` \(train\.yaml, line 1\) to be a number, got a plain object/,
  ],
  'the same option twice': [
    'batchSize: 3\nbatch-size: 4',
    'train.yaml, line 2: expected each option once, got "batchSize" and "batch-size"',
  ],
  'the same name twice': ['seed: 3\nseed: 3', /^train\.yaml, line 2: expected YAML or JSON, .*unique/],
  'a bracket that stays open': [
    'seed: 1\nmetrics: [mse\nsteps: 3\n',
    /^train\.yaml, line 3: expected YAML or JSON/,
  ],
  'JSON without its end': ['{"seed": 1,\n"steps": 3', /^train\.yaml, line 2: expected YAML or JSON/],
  'an indented tab': ['seed: 1\ndata:\n\tx: 1\n', /^train\.yaml, line 3: /],
  'two documents': ['seed: 1\n---\nseed: 2\n', /^train\.yaml, line 2: /],
  'a tag': ['seed: !own 3', /^train\.yaml, line 1: .*!own/],
  'an alias of nothing': ['seed: *a', /^train\.yaml: expected YAML or JSON/],
  'a list': ['- seed', 'train.yaml: expected options by their names, like "seed: 7", got ["seed"]'],
  'no text': [Uint8Array.of(0xff, 0xfe, 0), /^train\.yaml: expected YAML or JSON/],
  'brackets without end': ['['.repeat(50_000), /^train\.yaml, line 1: expected YAML or JSON/],
};

test.each(Object.entries(refused))('a file with %s is refused in one line.', async (_, [text, message]) => {
  await expect(trainWith(text)).rejects.toMatchObject({
    kind: 'usage',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
});

test('a training from a file is the one from the same options; its values are checked as these are.', async () => {
  const data = writeImages(box, 'data');
  box.write(
    'own/train.json',
    JSON.stringify({ data: '../data', run: 'run', batchSize: 8, steps: 2, workers: 1 }),
  );
  const options = ['--batch-size', '8', '--steps', '2', '--workers', '1'];
  const [configured, typed, resumed] = [
    await box.run('--config', 'own/train.json', '--quiet'),
    await box.run(...options, '--data', data, '--quiet'),
    await box.run('train', '--config', 'own/train.json', '--resume', '--quiet', '--steps', '3'),
  ];
  expect(configured).toMatchObject({ exitCode: 0, stderr: '', stdout: typed.stdout });
  expect(box.list('own/run')).toContain('config.json');
  expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/global_step: 3/) });
  box.write('wrong.yaml', 'data: data\nbatchSize: 8\nshards: 9\n');
  expectRefusal(await box.run('--config', 'wrong.yaml'), 2, /`shards` \(wrong\.yaml, line 3\).*8, got 9/);
});

test('two files are refused, and one that is not there.', async () => {
  expectRefusal(
    await box.run('--config', 'a.yaml', '--config', 'b.yaml'),
    2,
    /`--config` once.*a\.yaml.*b\.yaml/,
  );
  expectRefusal(await box.run('--config', 'nowhere.yaml'), 1, /nowhere\.yaml: expected a file/);
});
