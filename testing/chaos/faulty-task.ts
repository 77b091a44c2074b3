/** In the place of src/worker/task.ts: the real worker, and what the plan of faults has in store for it. */
import { appendFileSync } from 'node:fs';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import type { GradientTask, Reply, Task, WorkerSetup } from '../../src/protocol/tasks.ts';
import { createTaskRunner as createRealRunner, type TaskRunner } from '../../src/worker/task.ts';
import {
  type Chaos,
  chaosOfThisThread,
  type Fault,
  hashOf,
  isStruck,
  now,
  type Terminate,
  terminateChannel,
} from './fault.ts';

export type { TaskRunner } from '../../src/worker/task.ts';

export function createTaskRunner(setup: WorkerSetup): TaskRunner {
  const chaos = chaosOfThisThread();
  const run = createRealRunner(setup);
  if (chaos === undefined || isMainThread) return run;
  return (task) => {
    const striking = chaos.faults.filter((fault, index) => strikes(chaos, fault, index, task));
    for (const fault of striking) if (fault.when === 'before') strike(chaos, fault);
    let reply = run(task);
    keepLedger(chaos, setup, task);
    for (const fault of striking) {
      if (fault.kind === 'NaN once') reply = withNaN(setup, task, reply, fault);
      else if (fault.when === 'after') strike(chaos, fault);
    }
    return reply;
  };
}

function strikes({ seen, struck }: Chaos, fault: Fault, index: number, task: Task): boolean {
  if (task.kind !== fault.task) return false;
  if (fault.step !== undefined && 'step' in task && task.step !== fault.step) return false;
  return isStruck(seen, struck, index, fault);
}

function strike(chaos: Chaos, fault: Fault): void {
  const index = chaos.faults.indexOf(fault);
  chaos.struckAt[index] = now();
  switch (fault.kind) {
    case 'throw':
    case 'failing start':
      // Another message each time: the same one from two workers would be the task's own error.
      throw new Error(`chaos: ${fault.kind} ${chaos.struckAt[index]}`);
    case 'exit':
      process.exit(3);
      break;
    case 'terminate':
      new BroadcastChannel(terminateChannel).postMessage({ thread: threadId } satisfies Terminate);
      forEver();
      break;
    case 'heap exhaustion':
      exhaustHeap(() => {
        chaos.struckAt[index] = now();
      });
      break;
    case 'WebAssembly trap':
      trap(chaos.struckAt[index]);
      break;
    case 'endless loop':
      forEver();
      break;
    case 'straggler':
      sleep(300);
      break;
    case 'SIGKILL':
    case 'SIGTERM':
    case 'SIGINT':
      process.kill(process.pid, fault.kind);
      // So that the task is still under way when the main thread, which has to wake up first, has the signal.
      sleep(150);
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function forEver(): never {
  for (;;);
}

/** @param onProgress to know when it died */
function exhaustHeap(onProgress: () => void): never {
  const kept: unknown[] = [];
  for (;;) {
    onProgress();
    kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  }
}

/** (module (func (export "trap") unreachable)) */
const trapModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11],
);

/** @param at when, for a message that is another one each time */
function trap(at: number): void {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(trapModule));
  try {
    (exports.trap as () => void)();
  } catch (cause) {
    throw new Error(`chaos: ${(cause as Error).message} ${at}`, { cause });
  }
}

/** In the loss that is reported, or only in what was written. */
function withNaN({ memory, layout }: WorkerSetup, task: Task, reply: Reply, { when }: Fault): Reply {
  if (task.kind === 'gradient') {
    if (when === 'after') {
      const slot = layout.gradients[task.firstShard + task.counts.length - 1];
      new Float32Array(memory.buffer, slot, layout.slotFloats)[layout.slotFloats >> 1] = Number.NaN;
      return reply;
    }
    const [first, ...rest] = reply.sums;
    return { sums: [{ ...first, loss: Number.NaN }, ...rest], finite: false };
  }
  if (task.kind === 'evaluate') return { sums: [{ ...reply.sums[0], loss: Number.NaN }], finite: false };
  return { ...reply, finite: false };
}

/**
 * Which examples' gradients lie in each slot, written where the gradient is; and when an update adds the slots up,
 * which examples it counted.
 */
function keepLedger(chaos: Chaos, setup: WorkerSetup, task: Task): void {
  if (task.kind === 'gradient') writeSlots(chaos, setup, task);
  if (task.kind === 'update' && task.part === 0) {
    const rows: number[] = [];
    // The task itself has the update's number, which is behind the step's where steps were left out.
    const [updated] = chaos.slots;
    for (let shard = 0; shard < chaos.shards; shard++) {
      const at = shard * (2 + chaos.batchSize);
      const [step, count] = chaos.slots.subarray(at, at + 2);
      // A gradient of another step.
      if (step !== updated) rows.push(-1);
      rows.push(...chaos.slots.subarray(at + 2, at + 2 + count));
    }
    appendFileSync(chaos.ledger, `${updated} ${rows.length} ${hashOf(rows)}\n`);
  }
}

function writeSlots(chaos: Chaos, { memory, layout }: WorkerSetup, task: GradientTask): void {
  const order = new Int32Array(memory.buffer, layout.train.order, layout.train.count);
  let first = task.batchStart + task.first;
  for (const [index, count] of task.counts.entries()) {
    const at = (task.firstShard + index) * (2 + chaos.batchSize);
    chaos.slots.set([task.step, count], at);
    chaos.slots.set(order.subarray(first, first + count), at + 2);
    first += count;
  }
}
