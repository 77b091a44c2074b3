/**
 * Loaded before everything else in each thread of a process under test (node --import): puts the worker that obeys a
 * plan of faults (faulty-task.ts) in the place of the real one, and remembers the threads, so that they can be
 * terminated from outside. Nothing of gradpool knows of it.
 */
import { createRequire, registerHooks, syncBuiltinESMExports } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import {
  type ChaosOptions,
  chaosOfThisThread,
  type FileFault,
  isStruck,
  planVariable,
  prepareChaos,
  type Terminate,
  terminateChannel,
} from './fault.ts';

const faultyTask = new URL('./faulty-task.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const isReal = resolved.url.endsWith('/src/worker/task.ts') && context.parentURL !== faultyTask;
    return isReal ? { ...resolved, url: faultyTask } : resolved;
  },
});

const threads: typeof import('node:worker_threads') = createRequire(import.meta.url)('node:worker_threads');
const RealWorker = threads.Worker;
const started = new Map<number, Worker>();

/** Small heaps, so that exhausting one takes moments. */
const resourceLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 };

class ObservedWorker extends RealWorker {
  constructor(filename: string | URL, options: WorkerOptions = {}) {
    super(filename, String(filename).includes('piscina') ? { ...options, resourceLimits } : options);
    const id = this.threadId;
    started.set(id, this);
    this.once('exit', () => started.delete(id));
  }
}

Object.assign(threads, { Worker: ObservedWorker });

const files: typeof import('node:fs/promises') = createRequire(import.meta.url)('node:fs/promises');
const realOpen = files.open;

/** As a full or broken disk: a part is written, then comes the error. So it is with the end of the process. */
const openOnBadDisk: typeof realOpen = async (path, flags, mode) => {
  const file = await realOpen(path, flags, mode);
  const chaos = chaosOfThisThread();
  const matching = chaos?.files.flatMap((fault, index) => (`${path}`.includes(fault.file) ? [index] : []));
  if (chaos === undefined || matching === undefined || matching.length === 0) return file;
  const write = file.writeFile.bind(file);
  file.writeFile = async (content, options) => {
    const { files, filesSeen, filesStruck } = chaos;
    const struck = matching.filter((index) => isStruck(filesSeen, filesStruck, index, files[index]));
    if (struck.length === 0) return write(content, options);
    Atomics.add(chaos.broken, 0, 1);
    await comeBetween(files[struck[0]].kind, () =>
      file.write(Buffer.from(content as Uint8Array).subarray(0, 3)),
    );
    return write(content, options);
  };
  return file;
};

async function comeBetween(kind: FileFault['kind'], writePart: () => Promise<unknown>): Promise<void> {
  switch (kind) {
    case 'SIGINT':
    case 'SIGTERM':
      process.kill(process.pid, kind);
      return;
    case 'SIGKILL':
      await writePart();
      process.kill(process.pid, kind);
      return;
    case 'SIGINT twice':
      process.kill(process.pid, 'SIGINT');
      await writePart();
      await setTimeout(700);
      process.kill(process.pid, 'SIGINT');
      // For ever: the process ends.
      return new Promise(() => {});
    default:
      await writePart();
      throw Object.assign(new Error(`${kind}: chaos, write`), { code: kind });
  }
}

Object.assign(files, { open: openOnBadDisk });
syncBuiltinESMExports();

const plan = process.env[planVariable];
if (threads.isMainThread && plan !== undefined) prepareChaos(JSON.parse(plan) as ChaosOptions);

const channel = new threads.BroadcastChannel(terminateChannel);
channel.onmessage = (event: unknown) => {
  const { data } = event as { data: Terminate };
  const chosen = 'thread' in data ? started.get(data.thread) : [...started.values()][data.any % started.size];
  // The main thread's list has the coordinator, which is not meant.
  if (!threads.isMainThread) chosen?.terminate();
};
channel.unref();
