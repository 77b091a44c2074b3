import type { ExampleSet } from '../../data/example-set.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { BatchPlace, Feed, FeedRequest } from '../../protocol/stream.ts';
import type { DatasetLayout } from '../../protocol/tasks.ts';
import { checkSameBatch } from './same-batch.ts';
import type { Batch } from './schedule.ts';

/** Batches that somebody writes into the memory, one ahead of the step. */
export interface Stream {
  /**
   * The next batch of the pass. With its answer the one behind it is asked for, which is written while this one is
   * trained on.
   * @param hasMore whether to ask for that
   * @param epoch of both, for messages
   * @returns undefined at the end of the pass; the call after that begins another
   */
  next(hasMore: boolean, epoch?: number): Promise<Rows | 'stopped' | undefined>;
  /** What a batch of it holds, as it lies in memory. */
  contents(rows: Rows): Uint8Array[];
  /** Ends a pass after a batch that was said to be its last. */
  endPass(): void;
}

export interface StreamRequest {
  readonly set: FeedRequest['set'];
  readonly memory: ArrayBufferLike;
  /** Where the room is. */
  readonly layout: DatasetLayout;
  /** The room: two batches. */
  readonly room: ExampleSet;
  readonly feed: Feed;
  /** Its stop ends the waiting; each rank is fed by itself, with the same batches. */
  readonly exchange: Exchange;
}

export function openStream({ set, memory, layout, room, feed, exchange }: StreamRequest): Stream {
  const most = layout.count / 2;
  let asked = 0;
  let isFirst = true;
  let coming: Promise<number> | undefined;
  const startOf = (batch: number) => (batch % 2) * most;
  const ask = async (epoch?: number): Promise<number> =>
    feed({ set, isFirst, epoch, place: placeOf({ memory, layout, room, start: startOf(asked), most }) });
  const contents = ({ start, count }: Rows) =>
    contentsOf(placeOf({ memory, layout, room, start, most }), room, count);
  return {
    async next(hasMore, epoch) {
      coming ??= ask(epoch);
      const count = await unlessStopped(exchange.stop, coming);
      if (count === 'stopped') return count;
      const start = startOf(asked++);
      const own = { count, contents: () => contents({ start, count }) };
      await checkSameBatch(
        exchange,
        `batch ${asked} of the ${set === 'train' ? 'training' : 'validation'} data`,
        own,
      );
      [isFirst, coming] = [count === 0, undefined];
      if (count === 0) return undefined;
      if (hasMore) {
        coming = ask(epoch);
        // Whoever waits for it is told: after the step under way.
        coming.catch(() => {});
      }
      return { start, count };
    },
    contents,
    endPass() {
      isFirst = true;
    },
  };
}

type Rows = Pick<Batch, 'start' | 'count'>;

/** What so many examples at a place in the room hold, as it lies in memory. */
export function contentsOf(
  { memory, inputs, targets, weights }: BatchPlace,
  room: ExampleSet,
  count: number,
): Uint8Array[] {
  const bytesOf = (offset: number, { byteLength }: ArrayBufferView) =>
    new Uint8Array(memory, offset, (byteLength / room.count) * count);
  return [
    bytesOf(inputs, room.inputs),
    bytesOf(targets, room.targets),
    ...(weights === undefined || room.weights === undefined ? [] : [bytesOf(weights, room.weights)]),
  ];
}

/** Where the room's examples from `start` on lie. */
export function placeOf(request: {
  readonly memory: ArrayBufferLike;
  readonly layout: DatasetLayout;
  readonly room: ExampleSet;
  readonly start: number;
  readonly most: number;
}): BatchPlace {
  const { memory, layout, room, start, most } = request;
  const rowBytes = ({ byteLength }: ArrayBufferView): number => byteLength / room.count;
  return {
    memory,
    inputs: layout.inputs + start * rowBytes(room.inputs),
    targets: layout.targets + start * rowBytes(room.targets),
    ...(layout.weights === undefined || room.weights === undefined
      ? {}
      : { weights: layout.weights + start * rowBytes(room.weights) }),
    most,
  };
}

async function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T | 'stopped'> {
  if (stop.aborted) return 'stopped';
  let tell = () => {};
  const stopped = new Promise<'stopped'>((resolve) => {
    tell = () => resolve('stopped');
    stop.addEventListener('abort', tell, { once: true });
  });
  return Promise.race([work, stopped]).finally(() => stop.removeEventListener('abort', tell));
}
