import { expect, test } from 'vitest';
import { openStream } from '../../../src/coordinator/batches/stream.ts';
import { batchRoom } from '../../../src/data/batch-room.ts';
import { alone } from '../../../src/exchange/exchange.ts';
import type { FeedRequest } from '../../../src/protocol/stream.ts';
import type { DatasetLayout } from '../../../src/protocol/tasks.ts';

const most = 4;
const network = { input: [3], output: [2], classes: 2, layers: [] };
const room = batchRoom(network, { takes: ['vector'], examples: 2 * most, isWeighted: true });
const layout: DatasetLayout = {
  ...{ count: 2 * most, inputType: 'float32', inputs: 1000, targetType: 'vector', targets: 2000 },
  ...{ weights: 3000, order: 4000, predictions: 5000 },
};

/** A stream of batches of these counts; what it asks for is noted. */
function streamOf(counts: readonly number[], stop = new AbortController().signal) {
  const asked: FeedRequest[] = [];
  const feed = async (request: FeedRequest) => counts[asked.push(request) - 1];
  const memory = new SharedArrayBuffer(8);
  return { asked, stream: openStream({ set: 'train', memory, layout, room, feed, exchange: alone(stop) }) };
}

test('while a batch is trained on, the next one is written into the other half of the room.', async () => {
  const { asked, stream } = streamOf([4, 4, 3, 0, 2]);
  expect(await stream.next(true)).toEqual({ start: 0, count: 4 });
  expect(asked.map(({ place }) => [place.inputs, place.targets, place.weights, place.most])).toEqual([
    [1000, 2000, 3000, 4],
    [1000 + 4 * 3 * 4, 2000 + 4 * 2 * 4, 3000 + 4 * 4, 4],
  ]);
  expect(await stream.next(true)).toEqual({ start: 4, count: 4 });
  expect(await stream.next(true)).toEqual({ start: 0, count: 3 });
  expect(await stream.next(true)).toBeUndefined();
  expect(asked.length).toBe(4);
  expect(await stream.next(false)).toEqual({ start: 0, count: 2 });
  expect(asked.map(({ isFirst }) => isFirst)).toEqual([true, false, false, false, true]);
  expect(asked.map(({ place }) => place.inputs)).toEqual([1000, 1048, 1000, 1048, 1000]);
});

test('nothing is asked for beyond what is wanted, and a pass that is ended begins anew.', async () => {
  const { asked, stream } = streamOf([4, 4, 4]);
  await stream.next(true);
  await stream.next(false);
  expect(asked.length).toBe(2);
  stream.endPass();
  expect(await stream.next(false)).toEqual({ start: 0, count: 4 });
  expect(asked.map(({ isFirst }) => isFirst)).toEqual([true, false, true]);
});

test('a stop ends the waiting.', async () => {
  const controller = new AbortController();
  const feed = () => new Promise<number>(() => {});
  const memory = new SharedArrayBuffer(8);
  const stream = openStream({ set: 'test', memory, layout, room, feed, exchange: alone(controller.signal) });
  const next = stream.next(true);
  controller.abort();
  expect(await next).toBe('stopped');
  expect(await stream.next(true)).toBe('stopped');
});
