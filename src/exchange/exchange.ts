/** What ranks, the processes that train together on one or several machines, tell one another. */

/** An array in the memory that threads share. */
export interface SharedFloats {
  readonly memory: ArrayBufferLike;
  readonly offset: number;
  readonly floats: number;
}

/** Every rank makes the same calls, in the same order. */
export interface Exchange {
  /** From 0. Rank 0 speaks to the user and writes the run directory. */
  readonly rank: number;
  readonly ranks: number;
  /** Aborted once all ranks know that they shall stop: at the same place for all of them. */
  readonly stop: AbortSignal;
  /**
   * Every rank's value, in the order of the ranks; whatever the structured clone takes.
   * @param place what the ranks are doing, for messages: the same words everywhere
   * @throws GradpoolError when another rank has failed or is at another place
   */
  gather<T>(place: string, value: T): Promise<T[]>;
  /** Adds up the array over the ranks, in place: neighbours first, as the tree over the shards does. */
  sum(place: string, values: SharedFloats): Promise<void>;
  /** Says to the others that this rank has failed, which they hear at their next call; or nothing, where they know. */
  fail(error: unknown): Promise<void>;
}

/** A single process. */
export const alone = (stop: AbortSignal): Exchange => ({
  rank: 0,
  ranks: 1,
  stop,
  gather: async (_, value) => [value],
  async sum() {},
  async fail() {},
});

/** A whole training: what fails on one rank ends it on all, and nobody leaves before all have what they need. */
export async function toTheEnd<T>(exchange: Exchange, training: () => Promise<T>): Promise<T> {
  try {
    const result = await training();
    await exchange.gather('the end of the training', undefined);
    return result;
  } catch (error) {
    await exchange.fail(error);
    throw error;
  }
}

/** Rank 0's value, on every rank. */
export async function fromRank0<T>(
  exchange: Exchange,
  place: string,
  value: () => T | Promise<T>,
): Promise<T> {
  const [first] = await exchange.gather(place, exchange.rank === 0 ? await value() : undefined);
  return first as T;
}
