/** The README's second example, as it stands: trained, killed, resumed, evaluated. */
import { spawn } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { sandbox } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const root = join(import.meta.dirname, '..', '..');
const box = sandbox();
const [draw, train, resume, evaluate] = commandsBelow('## ResNet-20 from a configuration file');
/** So that a step takes no second; the schedule is as long as the training. */
const short = [
  '--steps',
  '4',
  '--save-every',
  '2',
  '--log-every',
  '1',
  '--batch-size',
  '8',
  '--warmup-steps',
  '2',
];

beforeAll(async () => {
  for (const name of ['examples', 'node_modules']) symlinkSync(join(root, name), box.path(name));
  const drawn = await ended(spawn(process.execPath, [...draw, '20', '10'], { cwd: box.path() }));
  expect(drawn).toMatchObject({
    ...{ exitCode: 0, stderr: '' },
    stdout: '20 training and 10 test images of 10 classes in shapes\n',
  });
});

test('ResNet-20 is trained from its file, killed and resumed with other workers, and has the bits of one that was not.', async () => {
  const killed = box.start([...train, ...short, '--workers', '1']);
  const output = await untilSaved(killed);
  expect(output).toMatch(
    /^schedule +cosine, .*warmup steps 2, .*\nexamples +random flip horizontal, random crop 4, cutout 8, normalize$/m,
  );
  killed.kill('SIGKILL');
  await ended(killed);
  const resumed = await box.run(...resume);
  expect(resumed, resumed.stderr).toMatchObject({ exitCode: 0 });
  const whole = await box.run(...train, ...short, '--workers', '2', '--run', 'whole');
  expect(whole, whole.stderr).toMatchObject({ exitCode: 0 });
  expect(weights('runs/resnet20')).toEqual(weights('whole'));
  const { exitCode, stdout } = await box.run(...evaluate, '--quiet');
  expect(exitCode).toBe(0);
  // The last line of a training is its evaluation.
  expect(stdout).toBe(whole.stdout.trimEnd().split('\n').at(-1)?.concat('\n'));
  const config = JSON.parse(readFileSync(box.path('runs/resnet20/config.json'), 'utf8'));
  expect(config).toMatchObject({
    preparation: {
      augmentation: { randomCrop: 4, randomFlip: 'horizontal', cutout: 8 },
      normalization: { mean: expect.any(Array), std: expect.any(Array) },
    },
    schedule: { name: 'cosine', warmupSteps: 2 },
  });
});

const weights = (run: string) => readFileSync(box.path(run, 'checkpoints', 'step-00000004', 'weights.bin'));

/** The words behind the program's name of each line of the block below a heading. */
function commandsBelow(heading: string): string[][] {
  const block = readFileSync(join(root, 'README.md'), 'utf8').split(`${heading}\n`)[1].split('```')[1];
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +#.*/, '').split(' ').slice(1));
}

function untilSaved(child: ReturnType<typeof box.start>): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      output += text;
      if (output.includes('step 2: saved')) resolve(output);
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.once('exit', () => reject(new Error(`It ended before it had saved: ${output}`)));
  });
}
