import { setTimeout } from 'node:timers/promises';

/** To load what a thread needs takes a second on a slow machine; on one with much other work, a few. */
const mostMillisecondsToLoad = 20_000;

/**
 * Waits, before a thread is terminated, until it has loaded its code or has ended: some of what loads code does not
 * survive the end of its thread, and takes the process with it. A load that hangs is not waited for without end.
 */
export async function untilLoaded(loaded: Promise<unknown>, ended: Promise<unknown>): Promise<void> {
  await comesWithin(mostMillisecondsToLoad, Promise.race([loaded.catch(() => {}), ended]));
}

/** @returns whether it has come in time */
export async function comesWithin(milliseconds: number, event: Promise<unknown>): Promise<boolean> {
  const enough = new AbortController();
  const late = setTimeout(milliseconds, false, { signal: enough.signal }).catch(() => false);
  const hasCome = await Promise.race([event.then(() => true), late]);
  enough.abort();
  return hasCome;
}
