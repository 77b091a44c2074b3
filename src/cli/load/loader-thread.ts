/** A thread in which the user's modules run: what they loop in, keep open or end is this thread, not the command. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorRecord } from '../../errors.ts';
import { type Loading, loadHere } from './load-here.ts';

if (parentPort === null) throw new Error('The loader runs in a worker thread');
const port = parentPort;

// Not awaited at the top: a promise that never settles then ends the thread without Node.js's own warning.
loadHere(workerData as Loading).then(
  (value) => port.postMessage({ value }),
  (error: unknown) => port.postMessage({ error: toErrorRecord(error) }),
);
