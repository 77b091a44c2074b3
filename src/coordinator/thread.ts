/** The coordinator's own thread: what the main thread can ask it for, over Comlink. */
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { toErrorRecord } from '../errors.ts';
import { type CoordinatorApi, coordinatorLoaded, type Outcome } from '../protocol.ts';
import { fitModel } from './fit.ts';
import { evaluate, predict } from './inference.ts';
import { train } from './train.ts';

const stop = new AbortController();

const api: CoordinatorApi = {
  async train(request, onEvent) {
    let lastReport: unknown;
    const result = await outcome(
      train(request, {
        // Reports go out without waiting: the loop must not depend on how fast they are read.
        onEvent(event) {
          lastReport = onEvent(event);
        },
        stop: stop.signal,
      }),
    );
    // They have a port of their own, which keeps their order: with the last one's receipt all came before the result.
    await lastReport;
    return result;
  },
  fit: (request, onEvent) => outcome(fitModel(request, async (event) => onEvent(event))),
  evaluate: (request) => outcome(evaluate(request)),
  predict: (request) => outcome(predict(request)),
  stop() {
    stop.abort();
  },
};

async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

if (parentPort === null) throw new Error('The coordinator runs in a worker thread');
// A request that cannot be read would never be answered: thrown here, it ends this thread, and so the call.
parentPort.on('messageerror', (error) => {
  throw error;
});
expose(api, nodeEndpoint(parentPort));
parentPort.postMessage(coordinatorLoaded);
