import { expect, test } from 'vitest';
import { classReport, classScores } from '../../../src/cli/print/class-report.ts';

test('precision, recall and F1 are those of the definition, and 0 where nothing was taken or there.', () => {
  const scores = classScores([
    [8, 2, 0],
    [1, 5, 0],
    [0, 0, 0],
  ]);
  expect(scores.map(({ precision, recall }) => [precision, recall])).toEqual([
    [8 / 9, 0.8],
    [5 / 7, 5 / 6],
    [0, 0],
  ]);
  expect(scores[0].f1).toBeCloseTo((2 * (8 / 9) * 0.8) / (8 / 9 + 0.8), 12);
  expect(scores.map(({ examples }) => examples)).toEqual([10, 6, 0]);
});

test('of many classes the worst are shown, and the most frequent mistakes in place of the matrix.', () => {
  const confusion = Array.from({ length: 30 }, (_, own) =>
    Array.from({ length: 30 }, (_, taken) => (own === taken ? 10 : own === 7 && taken === 8 ? 4 : 0)),
  );
  const lines = classReport(confusion);
  expect(lines[0]).toBe('of 30 classes, the 20 that are told worst');
  expect(lines[2]).toMatch(/^ +7 /);
  expect(lines.at(-1)?.trim().split(/ +/)).toEqual(['7', '8', '4']);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
});
