/** Messages speak to who called: by the API's names in src, by the command line's where that prints them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nameOptionsAsTyped } from '../src/cli/print/option-names.ts';
import { createProgram } from '../src/cli/program.ts';
import { resolveConfig } from '../src/config/config.ts';
import { optimizerChoices, optimizerDefaults, resolveOptimizer } from '../src/config/optimizer-options.ts';
import { scheduleDefaults, scheduleNames } from '../src/config/schedule-options.ts';
import { trainOptions } from '../src/config/train-options.ts';
import { checkResume, type RunIdentity } from '../src/run/identity.ts';
import { identity as recordedIdentity } from '../testing/coordinator/runs.ts';

const source = join(import.meta.dirname, '..', 'src');
const typed = createProgram().commands.flatMap((command) => command.options);

test('no file outside of the command line names an option as it is typed.', () => {
  const found = filesOutsideTheCommandLine().flatMap((file) =>
    typed
      .filter(({ long }) => new RegExp(`(?<![\\w-])${long}(?![\\w-])`).test(code(file)))
      .map(({ long }) => `${file}: ${long}`),
  );
  expect(found).toEqual([]);
});

test('a message outside of the command line names an option in backticks, by which it is found and translated.', () => {
  const twoWords = typed.map((option) => option.attributeName()).filter((name) => /[A-Z]/.test(name));
  const bare = new RegExp(`(?<![\`\\w.{$'])\\b(${[...new Set(twoWords)].join('|')})\\b(?!\`|:)`);
  const found = filesOutsideTheCommandLine().flatMap((file) =>
    literals(code(file)).filter((text) => text.includes(' ') && bare.test(text)),
  );
  expect(found).toEqual([]);
});

const code = (file: string): string => withoutComments(readFileSync(join(source, file), 'utf8'));

function filesOutsideTheCommandLine(): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('cli') && !file.includes('assembly'),
  );
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

/** What stands in quotes, and templates without what they put in. */
const literals = (text: string): string[] =>
  Array.from(text.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g), (match) =>
    `${match[1] ?? match[2] ?? match[3]}`.replaceAll('\\`', '`').replace(/\$\{[^}]*\}/g, ''),
  );

const configured = createProgram().commands.flatMap((command) =>
  command.options
    .filter((option) => option.attributeName() in trainOptions)
    .map((option) => [command.name(), option.long ?? '', option.attributeName(), command] as const),
);

test.each(configured)(
  'gradpool %s refuses a wrong %s in the words of the command line, and train in those of the API.',
  (_, long, name, command) => {
    for (const value of ['', 'seed', -1, 0.5, 1e300, '1', null, {}]) {
      const message = messageOf(() => resolveConfig({ ...ownerOf(name), [name]: value }));
      if (message === undefined) continue;
      expect(message).toMatch(new RegExp(`^Expected \`${name}\` to be `));
      const [told, got] = nameOptionsAsTyped(message, command).split(', got ');
      expect(told).toContain(`\`${long}\``);
      expect(told.split(' to be ')[0]).not.toMatch(/[a-z][A-Z]/);
      expect(got).toBe(message.split(', got ')[1]);
    }
  },
);

/** An option of some optimizers or schedules only is looked at where one of them is chosen. */
function ownerOf(name: string) {
  const optimizer = optimizerChoices.find((choice) => name in optimizerDefaults[choice]);
  const schedule = scheduleNames.find((choice) => name in scheduleDefaults[choice]);
  return {
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(name === 'warmupLearningRate' ? { warmupSteps: 1 } : {}),
  };
}

test('what differs of a run to be resumed is named in the words of either.', () => {
  const identity = { ...recordedIdentity, arithmetic: { kernels: 'a', multiplyAdd: 'fused' } };
  const other = Object.fromEntries(
    Object.entries(identity).map(([name, value]) => [name, typeof value === 'number' ? value + 1 : 'x']),
  );
  const optimizer = { ...resolveOptimizer('sgd', { learningRate: 1, momentum: 0.1, nesterov: true }) };
  const loss = { ...recordedIdentity.loss, of: 'output' };
  const wanted = {
    ...other,
    optimizer,
    loss,
    arithmetic: { kernels: 'b', multiplyAdd: 'fused' },
  } as unknown as RunIdentity;
  const message = messageOf(() => checkResume(identity, wanted, 'runs/0001')) ?? '';
  expect(message).toMatch(/`batchSize` to be .* without `resume`$/);
  const [train] = createProgram().commands;
  const typedMessage = nameOptionsAsTyped(message, train);
  expect(typedMessage).toMatch(/`--batch-size` to be .*`--data` to be .* without `--resume`$/);
  expect(typedMessage).not.toMatch(/[a-z][A-Z]/);
});

function messageOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
