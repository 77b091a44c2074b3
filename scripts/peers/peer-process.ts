/** A peer at work: its lines with the time of their arrival; it can be halted so that another one has the cores. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { mnistDirectory } from './mnist-directory.ts';
import type { Peer } from './peers.ts';

/** What a peer tells in one line; see mnist.py. */
export interface Report {
  readonly version?: string;
  readonly images?: number;
  readonly step?: number;
  readonly accuracy?: number;
  /** Milliseconds since the process was started. */
  readonly at: number;
  /** Milliseconds of processor time that all its threads have taken; NaN where the system does not tell. */
  readonly cpu: number;
}

export interface PeerProcess {
  /** Calls `listener` with each report until it returns true; rejects when the process ends before. */
  reports(listener: (report: Report) => boolean): Promise<void>;
  halt(): void;
  goOn(): void;
  end(): Promise<void>;
}

export function startPeer(peer: Peer): PeerProcess {
  const started = performance.now();
  // A process group of its own: all its processes are halted and ended together.
  const child = spawn(peer.command, peer.arguments, {
    detached: true,
    env: { ...process.env, MNIST_DIR: mnistDirectory, GLOO_SOCKET_IFNAME: 'lo', ...peer.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = once(child, 'close');
  const listeners = new Set<(report: Report) => void>();
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const [at, cpu] = [performance.now() - started, processorTime(child.pid)];
    const report = { ...JSON.parse(line), at, cpu } as Report;
    for (const listener of listeners) listener(report);
  });
  const send = (signal: NodeJS.Signals) => isAlive(child) && process.kill(-(child.pid as number), signal);
  // A halted peer would stay for ever.
  const kill = () => void send('SIGKILL');
  process.on('exit', kill);
  return {
    async reports(listener) {
      let tell: (report: Report) => void = () => {};
      const enough = new Promise<boolean>((resolve) => {
        tell = (report) => listener(report) && resolve(true);
      });
      listeners.add(tell);
      const isEnough = await Promise.race([enough, ended.then(() => false)]);
      listeners.delete(tell);
      if (!isEnough) throw new Error(`${peer.framework} ended: ${lastLine(errors)}`);
    },
    halt: () => void send('SIGSTOP'),
    goOn: () => void send('SIGCONT'),
    async end() {
      send('SIGKILL');
      await ended;
      process.off('exit', kill);
    },
  };
}

/** Linux tells it in hundredths of a second, behind the command's name in parentheses. */
function processorTime(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const isAlive = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

const lastLine = (texts: readonly string[]): string => texts.join('').trim().split('\n').at(-1) ?? '';
