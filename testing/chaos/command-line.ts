/** `gradpool train` on the small data set, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idxBytes } from '../data/files.ts';
import { type ChaosOptions, planVariable } from './fault.ts';
import { smallData } from './training.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const injector = join(import.meta.dirname, 'inject.ts');

/** As of the small training in this process. */
export const commandSettings = { batchSize: 20, shards: 8, steps: 60, seed: 1 } as const;

const settings = [
  ...['--batch-size', `${commandSettings.batchSize}`, '--shards', `${commandSettings.shards}`],
  ...['--steps', `${commandSettings.steps}`, '--seed', `${commandSettings.seed}`],
  ...['--save-every', '4', '--eval-every', '5', '--log-every', '1'],
];

export interface Command {
  readonly workers: number;
  readonly data: string;
  readonly run: string;
  /** What it says counts last. */
  readonly more?: readonly string[];
  readonly chaos?: ChaosOptions;
  /** A program and its arguments that start this one in their turn. */
  readonly within?: readonly string[];
}

export function start({ workers, data, run, more = [], chaos, within = [] }: Command): ChildProcess {
  const args = ['train', '--workers', `${workers}`, '--data', data, '--run', run, ...settings, ...more];
  const underInjector = chaos === undefined ? [] : ['--import', injector];
  const plan = chaos === undefined ? {} : { [planVariable]: JSON.stringify(chaos) };
  const [program, ...rest] = [...within, process.execPath, ...underInjector, main, ...args];
  return spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...plan },
  });
}

/** The tutorial's training on MNIST, with its own settings but for those in `more`. */
export const startTutorial = (workers: number, run: string, more: readonly string[] = []): ChildProcess =>
  spawn(process.execPath, [main, 'train', '--workers', `${workers}`, '--run', run, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

export function end(child: ChildProcess, onLine: (line: string) => void = () => {}): Promise<End> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const line of text.split('\n')) onLine(line);
    });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
}

/** The small data set as a directory of files. */
export function writeData(directory: string): string {
  const data = join(directory, 'data');
  mkdirSync(data);
  const { count, inputs, labels } = smallData;
  for (const part of ['train', 't10k']) {
    writeFileSync(join(data, `${part}-images-idx3-ubyte`), idxBytes([count, 8, 8], [...inputs]));
    writeFileSync(join(data, `${part}-labels-idx1-ubyte`), idxBytes([count], [...labels]));
  }
  return data;
}

/** @returns the end of a training that nothing is done to */
export async function commandLineBits(directory: string): Promise<string> {
  const run = join(directory, 'run');
  const { code, output } = await end(start({ workers: 2, data: writeData(directory), run }));
  if (code !== 0) throw new Error(`Expected a training to end well, got exit code ${code}: ${output}`);
  return weightsSha256(run);
}

/** The newest checkpoint's name and the hash of its weights. */
export function weightsSha256(run: string): string {
  const newest = readdirSync(join(run, 'checkpoints')).sort().at(-1) ?? 'none';
  const weights = readFileSync(join(run, 'checkpoints', newest, 'weights.bin'));
  return `${newest} ${createHash('sha256').update(weights).digest('hex')}`;
}
