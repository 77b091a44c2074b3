/** Batches that come to each rank by themselves, compared: each one has them as a whole, and trains on its shards. */
import { type ErrorRecord, fromErrorRecord } from '../../errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { checkSame } from '../../exchange/same.ts';
import { sha256 } from '../../sha256.ts';
import { counted } from '../../shown.ts';

/** What a rank has come to: examples, which may be none, or why it has no batch. */
export type OwnBatch =
  | { readonly count: number; readonly contents: () => readonly Uint8Array[] }
  | { readonly failed: ErrorRecord };

/**
 * @param name of the batch: the same words on all ranks
 * @returns how many examples it has
 * @throws GradpoolError on every rank where one has failed, or has another batch
 */
export async function checkSameBatch(exchange: Exchange, name: string, own: OwnBatch): Promise<number> {
  const isFailed = 'failed' in own;
  if (exchange.ranks === 1 && !isFailed) return own.count;
  const all = await exchange.gather(name, isFailed ? own : shownBatch(own));
  if (isFailed) throw fromErrorRecord(own.failed);
  for (const [rank, one] of all.entries())
    if (typeof one !== 'string')
      throw fromErrorRecord({ ...one.failed, message: `rank ${rank}: ${one.failed.message}` });
  checkSame(name, all as string[]);
  return own.count;
}

const shownBatch = ({ count, contents }: Extract<OwnBatch, { count: number }>): string =>
  count === 0 ? 'none' : `${counted(count, 'example')} (SHA-256 ${sha256(...contents())})`;
