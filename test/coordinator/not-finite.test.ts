/** The decisions about what is not finite, with a pool that does what the test says. Real trainings: test/chaos. */
import { describe, expect, test } from 'vitest';
import {
  badLosses,
  computeAgain,
  NotFiniteError,
  overflows,
  type ShardResult,
  suspects,
} from '../../src/coordinator/not-finite.ts';
import type { Session } from '../../src/coordinator/session.ts';
import type { Done, RunOptions } from '../../src/pool/place.ts';
import type { MemoryLayout, Task } from '../../src/protocol/tasks.ts';

const shards = [
  { first: 0, count: 2 },
  { first: 2, count: 2 },
  { first: 4, count: 1 },
];
const work = {
  ...{ step: 7, batch: { epoch: 1, index: 0, start: 3, count: 5 } },
  ...{ shards, firstShard: 0, rankFirst: 0, ofAll: 3 },
};

describe('losses', () => {
  test('that are not finite are found by their shards', () => {
    expect(badLosses(resultsOf(1, Number.NaN, Number.POSITIVE_INFINITY))).toEqual(seen(1, 2));
    expect(badLosses(resultsOf(1, 0, -1))).toEqual(seen());
  });
});

describe('shards under suspicion', () => {
  test('are those with something in their slot that is not finite, wherever it stands', () => {
    const { session, slots } = fixture();
    slots[0][15] = Number.NEGATIVE_INFINITY;
    slots[2][0] = Number.NaN;
    expect(suspects(session)).toEqual(seen(0, 2));
  });

  test('are all of them where every slot is finite: what is not then lies in none', () => {
    const { session, slots } = fixture();
    slots[1].fill(3.4e38);
    expect(suspects(session)).toEqual({ shards: [0, 1, 2], areSeen: false });
  });
});

describe('a shard that is not finite', () => {
  test('is computed again, each by another worker than before, and the results change', async () => {
    const { session, asked, notices } = fixture([10, 20]);
    const results = resultsOf(Number.NaN, 1, Number.NaN);
    await computeAgain(session, work, results, badLosses(results), 'nothing was updated');
    expect(asked).toEqual([
      {
        tasks: [
          {
            kind: 'gradient',
            step: 7,
            batchStart: 3,
            rankFirst: 0,
            first: 0,
            firstShard: 0,
            batchFirst: 0,
            counts: [2],
            current: 1,
          },
          {
            kind: 'gradient',
            step: 7,
            batchStart: 3,
            rankFirst: 0,
            first: 4,
            firstShard: 2,
            batchFirst: 0,
            counts: [1],
            current: 1,
          },
        ],
        notBy: [0, 2],
      },
    ]);
    expect(results.map(({ sums, worker }) => [sums.loss, worker])).toEqual([
      [10, 5],
      [1, 1],
      [20, 5],
    ]);
    expect(notices).toEqual([
      'step 7: shards 0, 2 were not finite by worker 0, computed again by worker 5, and finite then; the run goes on',
    ]);
  });

  test('asks for nothing and says nothing where there is none', async () => {
    const { session, asked, notices } = fixture();
    await computeAgain(session, work, resultsOf(1, 2, 3), seen(), 'nothing was updated');
    expect([asked, notices]).toEqual([[], []]);
  });

  test('of which nothing was seen is computed again in silence: the update may have been at fault', async () => {
    const { session, asked, notices } = fixture([1, 2, 3]);
    const all = { shards: [0, 1, 2], areSeen: false };
    await computeAgain(session, work, resultsOf(1, 2, 3), all, 'nothing was updated');
    expect([asked.length, notices]).toEqual([1, []]);
  });

  test('again in its loss is an error with the step, the shard and the indices of its examples', async () => {
    const { session } = fixture([Number.NaN]);
    const again = computeAgain(session, work, resultsOf(1, Number.NaN, 1), seen(1), 'nothing was updated');
    await expect(again).rejects.toBeInstanceOf(NotFiniteError);
    await expect(again).rejects.toMatchObject({
      step: 7,
      message: expect.stringMatching(
        /got a loss of NaN in step 7, shard 1 \(examples 2 to 3 of the batch, with the indices 95, 94 in the training set\), also when it was computed again; nothing was updated\..+`learningRate`.+`onNan` 'skip'/,
      ),
    });
  });

  test('again in its gradient, under a finite loss, is an error too', async () => {
    const { session, slots } = fixture([5]);
    slots[2][3] = Number.POSITIVE_INFINITY;
    await expect(
      computeAgain(session, work, resultsOf(1, 1, 1), seen(2), 'no checkpoint was written'),
    ).rejects.toThrow(/got a gradient that is not in step 7, shard 2 \(examples 4 to 4.+indices 93 in/);
  });
});

test('an update that overflows names the step.', () => {
  expect(overflows(work)).toMatchObject({
    step: 7,
    message: expect.stringMatching(/from step 7, got others/),
  });
});

const seen = (...found: number[]) => ({ shards: found, areSeen: true });

const resultsOf = (...losses: number[]): ShardResult[] =>
  losses.map((loss, worker) => ({ sums: { loss, correct: 0, metrics: [] }, worker }));

/** Three slots of 16 values, an order of 100 rows that counts down, and a worker 5 that gives the losses. */
function fixture(losses: readonly number[] = []) {
  const buffer = new ArrayBuffer(4096);
  const gradients = [0, 64, 128];
  const order = 1024;
  const layout = { gradients, slotFloats: 16, train: { order } } as unknown as MemoryLayout;
  const asked: { tasks: readonly Task[]; notBy: readonly number[] | undefined }[] = [];
  const notices: string[] = [];
  const uints = (offset: number, count: number) => new Uint32Array(buffer, offset, count);
  const floats = (offset: number, count: number) => new Float32Array(buffer, offset, count);
  uints(order, 100).forEach((_, index, rows) => {
    rows[index] = 100 - index;
  });
  const run = async (tasks: readonly Task[], options?: RunOptions): Promise<Done[]> => {
    asked.push({ tasks, notBy: options?.notBy });
    return losses.map((loss) => ({ sums: [{ loss, correct: 0, metrics: [] }], finite: true, worker: 5 }));
  };
  const notice = (text: string) => notices.push(text);
  const session = { layout, floats, uints, current: 1, pool: { run }, notice } as unknown as Session;
  return { session, slots: gradients.map((offset) => floats(offset, 16)), asked, notices };
}
