/** The exchange over Open MPI. Nothing waits on the event loop. */
import { type ErrorRecord, fromErrorRecord, GradpoolError, inputError, toErrorRecord } from '../../errors.ts';
import { counted } from '../../shown.ts';
import type { Exchange } from '../exchange.ts';
import { frameBytes, readFrame, restOf, writeFrame } from './frames.ts';
import { loadMpi, type Mpi } from './library.ts';
import { check, rankAndSize } from './world.ts';

export interface MpiExchangeRequest {
  /** This rank's wish to stop. */
  readonly stop: AbortSignal;
  /** Seconds after which a rank that nothing is heard of counts as gone. */
  readonly stepTimeout: number;
  /** Told, in one line, why the job is aborted. */
  readonly onAbort: (reason: string) => void;
}

/** What a rank says at a place. */
type Message =
  | { readonly place: string; readonly stop: boolean; readonly value: unknown }
  | { readonly failed: ErrorRecord };

/** As of a program that failed for a passing reason (EX_TEMPFAIL): whoever starts it again may have success. */
const abortCode = 75;
/** An abort that the launcher does not hear of. */
const abortMilliseconds = 3000;

export function mpiExchange({ stop, stepTimeout, onAbort }: MpiExchangeRequest): Exchange {
  const mpi = loadMpi();
  const { rank, ranks } = rankAndSize(mpi);
  const agreed = new AbortController();
  /** Whether the ranks are together no more. */
  let isOver = false;

  const say = async (place: string, message: Message): Promise<Message[]> => {
    if (isOver) throw inputError(`The ranks are not together any more at ${place}`);
    const own = writeFrame(message);
    const first = own.subarray(0, frameBytes);
    const all = new Uint8Array(frameBytes * ranks);
    await watched(place, mpi.allgather(first, all, frameBytes));
    const messages: Message[] = [];
    for (let other = 0; other < ranks; other++) {
      const frame = all.subarray(other * frameBytes, (other + 1) * frameBytes);
      const rest = restOf(frame);
      if (rest === 0) messages.push(readFrame(frame));
      else {
        const bytes = other === rank ? own.subarray(frameBytes) : new Uint8Array(rest);
        await broadcastAll(place, bytes, other);
        messages.push(readFrame(frame, bytes));
      }
    }
    return messages;
  };

  /** Of any length: a call takes less than 2 GiB. */
  const broadcastAll = async (place: string, bytes: Uint8Array<ArrayBuffer>, root: number): Promise<void> => {
    for (let start = 0; start < bytes.length; start += mostBytesOfACall)
      await watched(place, mpi.broadcast(bytes.subarray(start, start + mostBytesOfACall), root));
  };

  const watched = async (place: string, call: Promise<number>): Promise<void> => {
    const timer = setTimeout(() => {
      onAbort(
        `Expected all ${counted(ranks, 'rank')} to answer within ${counted(stepTimeout, 'second')} (\`stepTimeout\`) at ${place}, got nothing from one or more of them; the job is aborted, resume it with \`resume\``,
      );
      void abort(mpi);
    }, stepTimeout * 1000);
    try {
      check(mpi, await call);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    rank,
    ranks,
    stop: agreed.signal,
    async gather<T>(place: string, value: T): Promise<T[]> {
      const all = await say(place, { place, stop: stop.aborted, value });
      const refused = refusalOf(all, rank);
      if (refused !== undefined) {
        isOver = true;
        throw refused;
      }
      const told = all as Extract<Message, { place: string }>[];
      if (told.some((one) => one.stop)) agreed.abort();
      return told.map((one) => one.value as T);
    },
    async sum(place, { memory, offset, floats }) {
      const values = new Float32Array(memory, offset, floats);
      await watched(place, mpi.allreduce(values));
    },
    async fail(error) {
      if (isOver) return;
      await say('its end', { failed: toErrorRecord(error) }).catch(() => {});
      isOver = true;
    },
  };
}

const mostBytesOfACall = 2 ** 28;

/** Ends all ranks; where the launcher does not hear of it, at least this one. */
async function abort(mpi: Mpi): Promise<void> {
  setTimeout(() => mpi.exit(abortCode), abortMilliseconds);
  await mpi.abort(abortCode);
}

/** The same on every rank, or in each one's words. */
function refusalOf(all: readonly Message[], rank: number): GradpoolError | undefined {
  const failed = all.findIndex((one) => 'failed' in one);
  if (failed !== -1) {
    const { failed: record } = all[failed] as Extract<Message, { failed: ErrorRecord }>;
    return fromErrorRecord({ ...record, message: `rank ${failed}: ${record.message}` });
  }
  const places = all.map((one) => ('place' in one ? one.place : ''));
  const other = places.findIndex((place) => place !== places[0]);
  if (other === -1) return undefined;
  return new GradpoolError(
    `Expected all ranks at ${places[0]}, where rank 0 is, got rank ${other} at ${places[other]} (this is rank ${rank}); do all of them run the same program on the same data?`,
  );
}
