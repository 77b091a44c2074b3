import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  expectRefusal,
  modelModule,
  sandbox,
  smallModel,
  tinyImages,
  writeImages,
} from '../../testing/cli/sandbox.ts';
import { type Ended, ended } from '../../testing/programs.ts';

const box = sandbox();
const fast = ['--batch-size', '8', '--workers', '1'];

/** Types a line in a directory that is not the one of the training. */
function typing(line: string) {
  mkdirSync(box.path('elsewhere'), { recursive: true });
  return spawn('sh', ['-c', line], { cwd: box.path('elsewhere') });
}

const typed = (line: string): Promise<Ended> => ended(typing(line));

const lineWith = (stderr: string, words: string): string => {
  const line = stderr.split('\n').find((text) => text.includes(words)) ?? '';
  return line.replace(/^gradpool: (.* with: )?/, '').trim();
};

const lastLine = ({ stdout }: Ended) => stdout.trimEnd().split('\n').at(-1);

const names = ["-it's a $HOME`x`back\\slash%s", '\x1b[31mred\nx#y?z%41ünïcode\u202e\n'];

test.concurrent.each(names)(
  'what a training prints as next steps does it, typed elsewhere, for the name %j.',
  async (name) => {
    const data = writeImages(box, join('data', name));
    const model = box.write(join('models', `${name}.mjs`), modelModule(smallModel));
    const run = join('all', name);
    const training = await box.run(
      ...fast,
      `--data=${data}`,
      `--model=${model}`,
      `--run=${run}`,
      '--steps',
      '3',
    );
    expect(training.exitCode, training.stderr).toBe(0);
    expect(training.stderr).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    const evaluated = await typed(lineWith(training.stderr, ' evaluate '));
    expect({ ...evaluated, stdout: lastLine(evaluated) }).toEqual({
      exitCode: 0,
      stdout: lastLine(training),
      stderr: '',
    });
    const predict = lineWith(training.stderr, ' predict ').replace('image.png', '--index 0');
    expect(await typed(predict)).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = ['import { loadModel }', 'const model ='].map((words) => lineWith(training.stderr, words));
    const program = box.write(
      join('programs', `${names.indexOf(name)}.mjs`),
      `${lines.join('\n')}\nconsole.log(model.countParams());`,
    );
    const opened = await ended(spawn(process.execPath, [box.path(program)]));
    expect(opened.stdout).toBe('195\n');
  },
  60_000,
);

test('a training that was stopped goes on, and begins, with what it prints.', async () => {
  writeImages(box, 'own');
  box.write('own.mjs', modelModule(smallModel));
  const child = box.start([
    ...fast,
    '--data',
    'own',
    '--model',
    'own.mjs',
    '--run',
    'halved',
    '--steps',
    '1000000',
  ]);
  child.stdout.once('data', () => child.kill('SIGINT'));
  const stopped = await ended(child);
  const line = lineWith(stopped.stderr, 'go on with');
  expect(line).toMatch(/train --run \/.*halved --resume --workers 1$/);
  const going = typing(`exec ${line} --epochs 100000 --steps 1000000`);
  going.stdout.once('data', () => going.kill('SIGINT'));
  const rest = await ended(going);
  expect(rest.stdout).toMatch(
    /^model .*halved\/checkpoints\/step-\d+, 195 parameters, as trained up to step [1-9]/m,
  );
  expect(rest.stdout).toContain('40 training and 20 test images');
  // As if it had been killed before its first checkpoint.
  rmSync(box.path('halved', 'checkpoints'), { recursive: true });
  const again = await box.run('train', '--run', 'halved', '--resume', '--steps', '2');
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stdout).toMatch(/^model +.*own\.mjs, 195 parameters/m);
});

test('a run takes its own data alone: others are refused when found in their place, and said when named.', async () => {
  writeImages(box, 'mine');
  await box.run(...fast, '--data', 'mine', '--run', 'r', '--steps', '2');
  expect((await box.run('evaluate', '--run', 'r')).stderr).toBe('');
  const other = { 't10k-labels-idx1-ubyte': Buffer.from(tinyImages()['t10k-labels-idx1-ubyte']) };
  other['t10k-labels-idx1-ubyte'][8] = 2;
  writeImages(box, 'other', other);
  const named = await box.run('evaluate', '--run', 'r', '--data', 'other');
  expect(named.exitCode).toBe(0);
  expect(named.stderr).toMatch(/^gradpool: .*other is another data set than the run at r was trained on/);
  writeImages(box, 'mine', other);
  const refusal = /mine holds other data now .*`--data`/;
  expectRefusal(await box.run('evaluate', '--run', 'r'), 1, refusal);
  expectRefusal(await box.run('predict', '--run', 'r', '--index', '0'), 1, refusal);
  expectRefusal(await box.run('train', '--run', 'r', '--resume'), 1, refusal);
  const config = JSON.parse(readFileSync(box.path('r', 'config.json'), 'utf8'));
  delete config.origin;
  writeFileSync(box.path('r', 'config.json'), JSON.stringify(config));
  const unknown = /`--data` to name the data set of the run at r/;
  expectRefusal(await box.run('evaluate', '--run', 'r'), 1, unknown);
  expectRefusal(await box.run('train', '--run', 'r', '--resume'), 1, unknown);
});
