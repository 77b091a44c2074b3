import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { beforeAll, expect, test } from 'vitest';
import { scalingCsv, scalingRows } from '../../src/cli/measure/scaling-report.ts';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';

const box = sandbox();
const typed = ['benchmark', '--data', 'data', '--model', 'small.mjs', '--batch-size', '8'];

beforeAll(() => {
  writeImages(box, 'data');
  box.write('small.mjs', modelModule(smallModel));
});

test('benchmark prints a table and writes JSON, CSV and a plot.', async () => {
  const fast = ['--workers', '2,1', '--rounds', '2', '--seconds', '0.1', '--out', 'b'];
  const { stdout, stderr, exitCode } = await box.run(...typed, ...fast);
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^small\.mjs on data, batches of 8 in 8 shards; .*2 interleaved rounds of 0\.1 s/);
  expect(lines[2]).toMatch(
    /^wasm +1 +\d+ \(\d+ to \d+\) +1\.00 \(1\.00 to 1\.00\) +1 +1\.00 .* 1\.00 +1\.00$/,
  );
  expect(lines[3]).toMatch(/^wasm +2 +\d+ \(\d+ to \d+\) +[\d.]+ \([\d.]+ to [\d.]+\) +2 /);
  expect(lines[4]).toBe('written: b.json, b.csv, b.svg');
  const json = JSON.parse(readFileSync(box.path('b.json'), 'utf8'));
  expect(json).toMatchObject({ batchSize: 8, rounds: 2, rows: [{ workers: 1 }, { workers: 2, ideal: 2 }] });
  const csv = readFileSync(box.path('b.csv'), 'utf8').trimEnd().split('\n');
  expect(csv[0]).toBe('engine,workers,round,images_per_second,matmul_gflops');
  expect(csv.slice(1).map((line) => line.split(',').slice(0, 3).join())).toEqual([
    ...['wasm,1,1', 'wasm,1,2', 'wasm,2,1', 'wasm,2,2'],
  ]);
  const { document } = parseHTML(readFileSync(box.path('b.svg'), 'utf8'));
  const texts = [...document.querySelectorAll('svg text')].map((text) => text.textContent);
  for (const text of [
    'small.mjs on data, batches of 8',
    'wasm',
    'ideal',
    'matrix product',
    '1',
    '2',
    '↑ speedup',
    '↑ efficiency',
  ])
    expect(texts).toContain(text);
}, 180_000);

test('speedups are taken round by round, to the first number of workers of the same engine.', () => {
  const scaling = {
    measured: [
      { engine: 'wasm', workers: 2, imagesPerSecond: [100, 200, 100] },
      { engine: 'wasm', workers: 4, imagesPerSecond: [150, 400, 200] },
    ],
    matmul: [
      { workers: 2, gflops: [10, 10, 10] },
      { workers: 4, gflops: [15, 15, 20] },
    ],
  } as const;
  const [first, second] = scalingRows(scaling);
  expect(first.speedup).toEqual({ median: 1, least: 1, most: 1 });
  expect(second.speedup).toEqual({ median: 2, least: 1.5, most: 2 });
  expect(second).toMatchObject({ ideal: 2, efficiency: 1, matmul: { median: 1.5 } });
  expect(scalingCsv(scaling).split('\n')[1]).toBe('wasm,2,1,100,10');
});

test.each([
  [['--workers', '0'], /`--workers`/],
  [['--rounds', '0'], /`--rounds`/],
  [['--seconds', '-1'], /`--seconds` to be a number above 0/],
  [['--engine', 'gpu'], /`--engine`/],
])('benchmark with %j is refused.', async (more, message) => {
  expectRefusal(await box.run(...typed, ...more), 2, message);
});
