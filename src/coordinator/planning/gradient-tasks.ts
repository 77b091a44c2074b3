/** How many examples a gradient task has, and so how many tasks a step has. Bits do not depend on it. */
import type { TrainConfig } from '../../config/config.ts';

type Cut = Pick<TrainConfig, 'shards' | 'batchSize'>;

/**
 * As many as can run at once, or a multiple where the examples of a call do not allow it: each task reads all weights, and
 * more tasks than cores would only read them again.
 * @param maxExamples of a call, at most
 */
export function countGradientTasks({ shards, batchSize }: Cut, atOnce: number, maxExamples: number): number {
  const shardsOfACall = Math.max(1, Math.floor((maxExamples * shards) / batchSize));
  return Math.min(shards, Math.ceil(shards / shardsOfACall / atOnce) * atOnce);
}

/** Examples of a call up to which fewer tasks pay: half of a batch of 128. */
const mostExamples = 64;

/** What a worker's memory for them may take. */
const mostBytes = 16 * 2 ** 20;

/**
 * Examples of a call at most: `least`, or more where that makes fewer tasks of little memory.
 * @param arenaBytes of calls of `least` examples
 */
export async function examplesOfATask(
  cut: Cut,
  { atOnce, least }: { readonly atOnce: number; readonly least: number },
  arenaBytes: () => Promise<number>,
): Promise<number> {
  const tasks = countGradientTasks(cut, atOnce, mostExamples);
  if (tasks >= countGradientTasks(cut, atOnce, least)) return least;
  const examples = Math.ceil(cut.shards / tasks) * Math.ceil(cut.batchSize / cut.shards);
  return ((await arenaBytes()) / least) * examples <= mostBytes ? examples : least;
}
