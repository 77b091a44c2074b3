/** Trainings on the two machines that go on for ever, and are halted while others are measured. */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Machines } from '../../testing/exchange/machines.ts';
import { mnistDirectory } from '../peers/mnist-directory.ts';
import type { Speed } from './links.ts';
import type { Parts } from './parts.ts';

export interface JobRequest {
  readonly name: string;
  /** How fast the link is while it starts: what it sends depends on that. Default: as fast as it can be. */
  readonly startsOver?: Speed;
  /** Starts its processes, whose command lines have `mark`. */
  start(machines: Machines, mark: string): readonly ChildProcess[];
}

interface Report {
  readonly images?: number;
  readonly parts?: Parts;
}

export interface Measured {
  readonly imagesPerSecond: number;
  /** Of gradpool's ranks, each report's. */
  readonly parts: readonly Parts[];
}

export interface Job {
  readonly name: string;
  /** Lets it go on for so many seconds. */
  measure(seconds: number): Promise<Measured>;
}

/** gradpool: so many ranks, on both machines alike, or a single one. */
export const gradpool = (ranks: number, startsOver: Speed = {}): JobRequest => ({
  name: `gradpool, ${ranks} rank${ranks === 1 ? '' : 's'}${startsOver.rate === undefined ? '' : ', rows sent'}`,
  startsOver,
  start(machines, mark) {
    const program = [process.execPath, join(import.meta.dirname, 'rank.ts'), '100', '8', '1', mark];
    const one = ['mpirun', '--allow-run-as-root', '--bind-to', 'none', '-np', '1', ...program];
    return [ranks === 1 ? machines.startOn(0, one) : machines.start(ranks / 2, program)];
  },
});

/** PyTorch's DistributedDataParallel over gloo, one process a machine. */
export const distributedDataParallel = (python: string, layout: string): JobRequest => ({
  name: `DistributedDataParallel, ${layout}`,
  start(machines, mark) {
    const program = [python, '-X', mark, join(import.meta.dirname, '..', 'peers', 'pytorch_peer.py')];
    const words = ['--processes', '2', 'rate', '1', layout];
    return ([0, 1] as const).map((rank) => {
      const meeting = join(machines.directory, mark);
      const settings = { RANK: rank, MEETING: meeting, MNIST_DIR: mnistDirectory };
      const typed = Object.entries({ ...settings, GLOO_SOCKET_IFNAME: machines.devices[rank] });
      return machines.startOn(rank, [
        ...['env', ...typed.map(([name, value]) => `${name}=${value}`)],
        ...[...program, ...words],
      ]);
    });
  },
});

/** Images until a job is warm: runtimes compile during the first steps. */
const warmUpImages = 3000;

/** Starts a job, warms it up, and halts it. */
export async function startJob({ name, start }: JobRequest, machines: Machines): Promise<Job> {
  const mark = randomUUID();
  const children = start(machines, mark);
  const errors: string[] = [];
  const hear = new Set<(report: Report) => void>();
  for (const { stdout, stderr } of children) {
    stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    if (stdout)
      createInterface(stdout).on('line', (line) => {
        if (line.startsWith('{')) for (const listener of hear) listener(JSON.parse(line));
      });
  }
  const died = new Promise<never>((_, reject) => {
    for (const child of children)
      child.once('close', () => reject(new Error(`${name} ended: ${errors.join('').trim().slice(-2000)}`)));
  });
  died.catch(() => {});
  const until = async (isEnough: (report: Report) => boolean): Promise<void> => {
    let listener: (report: Report) => void = () => {};
    const enough = new Promise<void>((resolve) => {
      listener = (report) => void (isEnough(report) && resolve());
    });
    hear.add(listener);
    await Promise.race([enough, died]).finally(() => hear.delete(listener));
  };
  const signal = (which: NodeJS.Signals) => {
    for (const machine of [0, 1] as const)
      for (const pid of machines.processes(machine, mark)) process.kill(pid, which);
  };
  await until(({ images = 0 }) => images >= warmUpImages);
  signal('SIGSTOP');
  return {
    name,
    async measure(seconds) {
      const seen: { readonly at: number; readonly images: number; readonly parts?: Parts }[] = [];
      signal('SIGCONT');
      await until(({ images, parts }) => {
        if (images === undefined) return false;
        // The first one began before it was halted.
        seen.push({ at: performance.now(), images, ...(parts === undefined ? {} : { parts }) });
        return seen[seen.length - 1].at - seen[0].at >= seconds * 1000;
      });
      signal('SIGSTOP');
      const [first, last] = [seen[0], seen[seen.length - 1]];
      return {
        imagesPerSecond: ((last.images - first.images) / (last.at - first.at)) * 1000,
        parts: seen.slice(1).flatMap(({ parts }) => parts ?? []),
      };
    },
  };
}

/** Ends all that is on the machines. */
export function endJobs(machines: Machines): void {
  for (const machine of [0, 1] as const)
    for (const pid of machines.processes(machine, '')) process.kill(pid, 'SIGKILL');
}
