import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { sandbox } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const box = sandbox();

/** What follows a sentence of the README in a block of its own. */
const blockAfter = (sentence: string): string =>
  readme.split(sentence)[1]?.split('```\n')[1] ?? `no block after: ${sentence}`;

/** Lines without their numbers, each kind once where it is repeated. */
const forms = (output: string, places: Record<string, string>): string[] =>
  Object.entries(places)
    .reduce((text, [place, name]) => text.replaceAll(place, name), output)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/(?<![\w-])\d[\d,]*(\.\d+)?/g, '0').replace(/step-\d{8}/, 'step-0'))
    .map((line) => line.replace(/(wide|relaxed|portable) kernels, (fused|separate)/, 'the kernels, rounding'))
    // The README leaves out what setting up says.
    .filter((line, at, all) => line !== all[at - 1] && !/^[A-Z].* \.\.\.$/.test(line));

test('npm start prints lines of the form that the README shows, in their order.', async () => {
  // The two checkpoints of a shorter training.
  const options = ['--steps', '4', '--save-every', '2', '--log-every', '1', '--batch-size', '8'];
  const line = ['--prefix', root, 'start', '--silent', '--', ...options];
  const child = spawn('npm', line, { cwd: box.path(), env: withoutNpm(), stdio: ['ignore', 'pipe', 'pipe'] });
  const { exitCode, stdout, stderr } = await ended(child);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const shown = forms(blockAfter('`npm start` printed'), {});
  const home = '/home/me/gradpool';
  const printed = forms(`${stdout}${stderr}`, { [box.path()]: home, [root]: home });
  expect(printed).toEqual(shown);
});

const commands = [...readme.matchAll(/(?:npx gradpool|npm start --) ([^\n`]*)/g)].map(([, line]) => line);

test('the commands that the README shows do what it says, as they stand.', async () => {
  expect(commands).toHaveLength(5);
  const data = Uint8Array.from({ length: 28 * 28 }, (_, at) => (at % 28 > 12 && at % 28 < 16 ? 255 : 0));
  box.write('digit.png', encode({ width: 28, height: 28, channels: 1, depth: 8, data }));
  // In their order, trainings first; an option that comes later counts, so that they are short.
  for (const line of commands.toSorted(
    (a, b) => Number(b.startsWith('train')) - Number(a.startsWith('train')),
  )) {
    const short = line.startsWith('train') ? ['--steps', '2', '--batch-size', '8'] : [];
    const { exitCode, stdout, stderr } = await box.run(...line.split(' '), ...short);
    expect({ exitCode, stderr }, line).toMatchObject({ exitCode: 0 });
    expect(stdout, line).toMatch(/global_step: 2\}\n$|^image .*class +probability/m);
  }
});

/** Without what the npm and the Vitest that run these tests tell their own children. */
const withoutNpm = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_ENV|VITEST)/i.test(name)),
  );
