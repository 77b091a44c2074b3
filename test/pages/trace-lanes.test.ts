import { expect, test } from 'vitest';
import { lanesOf } from '../../src/pages/trace-lanes.ts';

const span = (name: string, tid: number, ts: number, dur: number) => ({
  name,
  ph: 'X',
  pid: 1,
  tid,
  ts,
  dur,
});
const lane = (tid: number, name: string) => ({ name: 'thread_name', ph: 'M', pid: 1, tid, args: { name } });

test("A profile's steps become lanes of phases and tasks, without what comes before and behind them", () => {
  const lanes = lanesOf([
    ...[lane(0, 'coordinator'), lane(1, 'worker 0')],
    span('pack', 0, 0, 500),
    ...[span('gradient', 0, 1000, 2000), span('gradient', 1, 1100, 1500), span('matmul', 1, 1200, 100)],
    ...[span('waiting', 1, 1000, 100), span('update', 0, 3000, 1000), span('update', 1, 3000, 900)],
    ...[span('evaluate', 0, 5000, 90_000), span('gradient', 0, 99_000, 10)],
  ]);
  expect(lanes).toEqual({
    milliseconds: 3,
    lanes: [
      {
        name: 'coordinator',
        spans: [
          { kind: 'gradient', start: 0, duration: 2 },
          { kind: 'update', start: 2, duration: 1 },
        ],
      },
      {
        name: 'worker 0',
        spans: [
          { kind: 'gradient', start: 0.1, duration: 1.5 },
          { kind: 'update', start: 2, duration: 0.9 },
        ],
      },
    ],
  });
});

test('A profile without a whole step has none', () => {
  expect(lanesOf([lane(0, 'coordinator'), span('evaluate', 0, 0, 10)])).toBeUndefined();
});
