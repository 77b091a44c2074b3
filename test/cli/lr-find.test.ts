import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { beforeAll, expect, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const typed = ['lr-find', '--data', 'data', '--model', 'small.mjs', '--batch-size', '8', '--steps', '40'];

beforeAll(() => {
  writeImages(box, 'data');
  box.write('small.mjs', modelModule(smallModel));
});

test('lr-find suggests a rate and draws the losses, the same for any number of workers, and leaves no run.', async () => {
  const { stdout, stderr, exitCode } = await box.run(...typed, '--workers', '1', '--end', '1');
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('learning-rate range test of small.mjs on data, seed 1');
  expect(lines[1].split(/ {2,}/)).toEqual(['step', 'learning rate', 'loss', 'smoothed']);
  expect(lines.at(-3)).toMatch(/^ +40 +1\.00e\+0 /);
  expect(lines.at(-2)).toBe('written: lr-find.svg');
  const plot = readFileSync(box.path('lr-find.svg'), 'utf8');
  const other = await box.run(...typed, '--workers', '3', '--end', '1', '--json', '--out', 'other.svg');
  const { suggestion, points, plot: written } = JSON.parse(other.stdout);
  expect(points).toHaveLength(40);
  expect(points[0]).toMatchObject({ step: 1, learningRate: 1e-7 });
  expect(points.at(-1).learningRate).toBeCloseTo(1, 10);
  expect(lines.at(-1)).toBe(
    `suggested learning rate: ${Number(suggestion.toPrecision(5))} (where the loss falls most steeply)`,
  );
  expect([written, readFileSync(box.path('other.svg'), 'utf8')]).toEqual(['other.svg', plot]);
  const { document } = parseHTML(plot);
  const texts = [...document.querySelectorAll('svg text')].map((text) => text.textContent);
  for (const text of ['small.mjs on data', 'learning rate →', '↑ loss', '1e-7', suggestion.toExponential(2)])
    expect(texts).toContain(text);
  expect(box.list()).toEqual(['data', 'lr-find.svg', 'other.svg', 'small.mjs']);
}, 60_000);

test('lr-find ends where the loss is not finite any more, and says why there is no rate to suggest.', async () => {
  const diverging = await box.run(...typed, '--start', '1e37', '--end', '3e38', '--out', 'd.svg');
  expect(diverging.exitCode).toBe(1);
  expect(diverging.stdout).toMatch(/the loss diverges at step \d\n/);
  expect(diverging.stderr).toMatch(
    /^error: Expected 13 steps before the loss diverges, got \d; .*`--start`\n$/,
  );
}, 60_000);

test.each([
  [['--end', '1e-8'], 2, /`--end` to be above `--start`, 1e-7, got 1e-8/],
  [['--learning-rate', '1'], 2, /unknown option '--learning-rate'/],
  [['--out', 'no/where.svg'], 1, /no\/where\.svg/],
] as const)('lr-find with %j is refused.', async (more, exitCode, message) => {
  expectRefusal(await box.run(...typed, ...more), exitCode, message);
});
