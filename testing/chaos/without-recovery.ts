/** Prints, for each kind of fault, how a training ends in which nothing is done about it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakFile } from './broken-files.ts';
import { commandSettings, end, start, writeData } from './command-line.ts';
import {
  type Fault,
  type FileFault,
  type ProcessSignal,
  processSignals,
  type ThreadFault,
  threadFaults,
} from './fault.ts';
import { nanAlways } from './threads.ts';
import { openLedger, type TrainingOptions, trainUnderChaos } from './training.ts';

const directory = mkdtempSync(join(tmpdir(), 'gradpool-chaos-'));
const data = writeData(directory);
const ledger = openLedger();
let printed = 0;

/** A slow worker ends no training, recovery or not. */
const deadly = threadFaults.filter((kind) => kind !== 'straggler' && kind !== 'NaN once');
for (const kind of deadly) await print(kind, withoutAnotherStart(kind));
await print('NaN once', endOf({ faults: [nanAlways(3)] }));
for (const kind of processSignals) await print(kind, withoutResuming(kind));
for (const kind of ['ENOSPC', 'EIO'] as const) await print(kind, withoutGoingOn(kind));
await print('broken checkpoint', withoutAnotherCheckpoint());
await print('broken IDX', withoutTheRightData());
ledger.remove();
rmSync(directory, { recursive: true });

async function print(kind: string, ending: Promise<string>): Promise<void> {
  console.log(JSON.stringify({ index: printed++, kind, end: await ending }));
}

async function endOf(options: TrainingOptions): Promise<string> {
  try {
    await trainUnderChaos({ workers: 2, steps: 8, ...options });
    return 'trained to the end';
  } catch (error) {
    return (error as Error).message;
  }
}

function withoutAnotherStart(kind: ThreadFault): Promise<string> {
  const point: Pick<Fault, 'task' | 'nth' | 'times'> =
    kind === 'failing start' ? { task: 'start', nth: 1, times: 2 } : { task: 'gradient', nth: 3 };
  return endOf({ maxRestarts: 0, faults: [{ kind, point: 'any', ...point, when: 'before' }] });
}

async function withoutResuming(kind: ProcessSignal): Promise<string> {
  const run = join(directory, kind);
  const { shards, batchSize } = commandSettings;
  const fault: Fault = { kind, point: 'any', task: 'update', step: 3, nth: 1, when: 'before' };
  const chaos = { faults: [fault], files: [], shards, batchSize, ledger: ledger.path };
  const { code, signal } = await end(start({ workers: 2, data, run, chaos }));
  const checkpoints = existsSync(join(run, 'checkpoints')) ? readdirSync(join(run, 'checkpoints')) : [];
  return `${signal === null ? `exit code ${code}` : `signal ${signal}`}, ${checkpoints.join() || 'no checkpoint'}`;
}

function withoutGoingOn(kind: FileFault['kind']): Promise<string> {
  const files: FileFault[] = [{ kind, point: 'any', file: 'weights.bin', nth: 1 }];
  return endOf({ files, run: join(directory, kind), onSaveError: 'stop' });
}

async function withoutAnotherCheckpoint(): Promise<string> {
  const run = join(directory, 'broken');
  await trainUnderChaos({ workers: 2, run, steps: 4 });
  breakFile(join(run, 'checkpoints', 'step-00000004', 'weights.bin'), { how: 'bit flipped', at: 0.5 });
  return endOf({ run, resume: true });
}

async function withoutTheRightData(): Promise<string> {
  const run = join(directory, 'data-run');
  await end(start({ workers: 2, data, run, more: ['--steps', '4'] }));
  breakFile(join(data, 'train-images-idx3-ubyte'), { how: 'bit flipped', at: 0.7 });
  const { code, output } = await end(start({ workers: 2, data, run, more: ['--resume'] }));
  return `exit code ${code}, ${output}`;
}
