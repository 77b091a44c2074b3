/** What goes wrong with ranks on two machines, and how their training ends then. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeData } from '../chaos/command-line.ts';
import { modelModule } from '../cli/model-module.ts';
import { type Ended, ended } from '../programs.ts';
import type { Machines } from './machines.ts';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'src', 'cli', 'main.ts');
const sigtermScript = join(root, 'examples', 'mpirun-sigterm.sh');

export interface Fault {
  readonly name: string;
  readonly options?: readonly string[];
  /** Of mpirun, and what it is started by. */
  readonly mpirun?: readonly string[];
  readonly launcher?: readonly string[];
  /** Before the job is started. */
  prepare?(machines: Machines, run: string): void;
  /** Once it has a checkpoint. */
  strike?(machines: Machines, run: string): void | Promise<void>;
  readonly exitCode: number;
  readonly says: RegExp;
  /** Whether the run is there afterwards, to go on. */
  readonly isKept: boolean;
}

const signal = (pids: readonly number[], name: NodeJS.Signals) => {
  if (pids.length === 0) throw new Error('Expected a process to signal, got none');
  for (const pid of pids) process.kill(pid, name);
};

/** Later than these, the training goes on undisturbed, and is ended by a signal that mpirun passes on. */
const thenStopped = async (machines: Machines, run: string) => {
  const before = checkpointsOf(run).length;
  await until(() => checkpointsOf(run).length >= before + 3);
  signal(machines.processes(0, 'mpirun --'), 'SIGUSR2');
};

export const faults: readonly Fault[] = [
  {
    name: 'a killed rank',
    strike: (machines) => signal(machines.processes(1, main), 'SIGKILL'),
    ...{ exitCode: 137, says: /signal 9/, isKept: true },
  },
  {
    name: 'a killed daemon of mpirun',
    strike: (machines) => signal(machines.processes(1, 'orted').slice(-1), 'SIGKILL'),
    ...{ exitCode: 205, says: /lost communication with a remote daemon/, isKept: true },
  },
  {
    name: 'a rank that hangs',
    options: ['--step-timeout', '10'],
    strike: (machines) => signal(machines.processes(1, main), 'SIGSTOP'),
    ...{
      exitCode: 75,
      says: /all 2 ranks to answer within 10 seconds .* at .*step \d+, got nothing/,
      isKept: true,
    },
  },
  {
    name: 'a link that is down for longer than mpirun waits',
    strike: (machines) => machines.link('down'),
    ...{ exitCode: 205, says: /lost communication with a remote daemon/, isKept: true },
  },
  {
    name: 'a link that is down for a moment',
    async strike(machines, run) {
      machines.link('down');
      await sleep(1000);
      machines.link('up');
      await thenStopped(machines, run);
    },
    ...{ exitCode: 143, says: /SIGTERM: ends after this step and saves/, isKept: true },
  },
  {
    name: 'SIGTERM to mpirun that leaves the time',
    mpirun: ['--mca', 'odls_base_sigkill_timeout', '5'],
    strike: (machines) => signal(machines.processes(0, 'mpirun --'), 'SIGTERM'),
    ...{ exitCode: 1, says: /SIGTERM: ends after this step and saves/, isKept: true },
  },
  {
    name: 'SIGTERM to the script that passes it on',
    launcher: ['sh', sigtermScript],
    strike: (machines) => signal(machines.processes(0, sigtermScript), 'SIGTERM'),
    ...{ exitCode: 143, says: /SIGTERM: ends after this step and saves/, isKept: true },
  },
  {
    name: 'a full disk on rank 0',
    options: ['--save-every', '10'],
    prepare: (machines, run) => machines.before(0, `mkdir ${run}; mount -t tmpfs -o size=64k tmpfs ${run}\n`),
    ...{ exitCode: 74, says: /error: .*(ENOSPC|no space)/, isKept: false },
  },
  {
    name: 'a rank with other data',
    prepare: (machines) => machines.before(1, 'mount --bind other-data data\n'),
    ...{
      exitCode: 1,
      says: /error: Expected the same training data on all ranks, got .* on rank 1/,
      isKept: false,
    },
  },
  {
    name: 'a rank with another version',
    prepare: (machines) =>
      machines.before(1, `mount --bind other-package.json ${join(root, 'package.json')}\n`),
    ...{
      exitCode: 1,
      says: /error: Expected the same version of gradpool on all ranks, got .* and 0\.0\.1 on rank 1/,
      isKept: false,
    },
  },
];

/** Data and model, in the machines' directory. */
export function writeTraining({ directory }: Machines): void {
  writeData(directory);
  cpSync(join(directory, 'data'), join(directory, 'other-data'), { recursive: true });
  const images = join(directory, 'other-data', 'train-images-idx3-ubyte');
  const bytes = readFileSync(images);
  bytes[100] ^= 1;
  writeFileSync(images, bytes);
  const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(directory, 'other-package.json'), JSON.stringify({ ...description, version: '0.0.1' }));
  writeFileSync(
    join(directory, 'model.mjs'),
    modelModule(
      `layers.flatten({ inputShape }), layers.dense({ units: 32, activation: 'relu' }), layers.dropout({ rate: 0.2 }), layers.dense({ units: classes })`,
    ),
  );
}

/** Few lines: while mpirun makes an end of a job it reads none, and a rank that has filled its pipe waits. */
const settings = [
  '--batch-size',
  '20',
  '--shards',
  '8',
  '--workers',
  '1',
  '--log-every',
  '100',
  '--save-every',
  '50',
];
const begun = ['--data', 'data', '--model', 'model.mjs', '--seed', '1', ...settings];

export interface Outcome extends Ended {
  /** From the fault to the end of the job. */
  readonly seconds: number;
  /** Processes on both machines that the job has left behind. */
  readonly left: number;
}

/** @param delay milliseconds from the first checkpoint to the fault */
export async function runInto(
  fault: Fault,
  machines: Machines,
  run: string,
  delay: number,
): Promise<Outcome> {
  const path = join(machines.directory, run);
  fault.prepare?.(machines, path);
  const steps = ['--steps', fault.strike === undefined ? '30' : '1000000'];
  const typed = ['train', ...begun, ...steps, '--run', run, ...(fault.options ?? [])];
  const job = machines.start(1, [process.execPath, main, ...typed], fault.mpirun, fault.launcher);
  const end = ended(job);
  let struck = performance.now();
  try {
    if (fault.strike !== undefined) {
      await Promise.race([until(() => checkpointsOf(path).length > 0), end]);
      await sleep(delay);
      struck = performance.now();
      await fault.strike(machines, path);
    }
    const how = await end;
    const seconds = (performance.now() - struck) / 1000;
    await until(() => leftOn(machines) === 0, 10_000);
    return { ...how, seconds, left: leftOn(machines) };
  } finally {
    machines.link('up');
    for (const machine of [0, 1] as const) machines.before(machine, '');
    for (const machine of [0, 1] as const)
      for (const pid of machines.processes(machine, '')) process.kill(pid, 'SIGKILL');
  }
}

const leftOn = (machines: Machines): number =>
  machines.processes(0, main).length + machines.processes(1, main).length;

/** The weights after some more steps in one process, of a run that was ended and of one that never was. */
export async function compareResumed(machines: Machines, run: string): Promise<readonly [string, string]> {
  const path = join(machines.directory, run);
  const steps = Number(checkpointsOf(path).at(-1)?.slice(-8)) + 7;
  const alone = (args: readonly string[]) =>
    machines.alone([process.execPath, main, 'train', '--quiet', '--steps', `${steps}`, ...args]);
  await alone(['--run', run, '--resume', '--workers', '1']);
  await alone(['--run', `${run}-undisturbed`, ...begun]);
  return [weightsOf(path, steps), weightsOf(`${path}-undisturbed`, steps)];
}

const checkpointsOf = (run: string): string[] =>
  existsSync(join(run, 'checkpoints'))
    ? readdirSync(join(run, 'checkpoints'))
        .filter((name) => /^step-\d{8}$/.test(name))
        .sort()
    : [];

function weightsOf(run: string, steps: number): string {
  const name = `step-${String(steps).padStart(8, '0')}`;
  const weights = readFileSync(join(run, 'checkpoints', name, 'weights.bin'));
  return createHash('sha256').update(weights).digest('hex');
}

async function until(isSo: () => boolean, most = 120_000): Promise<void> {
  for (const began = performance.now(); !isSo() && performance.now() - began < most; ) await sleep(50);
}
