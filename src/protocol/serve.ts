/** A coordinator's thread as the main thread calls it, over Comlink. */
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import { type Outcome, outcomeOf } from '../errors.ts';
import { nodeEndpoint } from './ports.ts';
import { coordinatorLoaded } from './requests.ts';

/** Takes calls from now on. */
export function serve(api: object): void {
  if (parentPort === null) throw new Error('The coordinator runs in a worker thread');
  // A request that cannot be read would never be answered: thrown here, it ends this thread, and so the call.
  parentPort.on('messageerror', (error) => {
    throw error;
  });
  expose(api, nodeEndpoint(parentPort));
  parentPort.postMessage(coordinatorLoaded);
}

/**
 * What becomes of a training that reports. Reports go out without waiting, but where it waits for a report's receipt: the loop
 * must not depend on how fast they are read.
 */
export async function reporting<Event, T>(
  onEvent: ((event: Event) => unknown) | undefined,
  train: (onEvent: (event: Event) => unknown) => Promise<T>,
): Promise<Outcome<T>> {
  let lastReport: unknown;
  const result = await outcomeOf(
    train((event) => {
      lastReport = onEvent?.(event);
      return lastReport;
    }),
  );
  // They have a port of their own, which keeps their order: with the last one's receipt all came before the result.
  await lastReport;
  return result;
}
