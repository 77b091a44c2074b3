/** One fault, or some at once, done to a small training, and what has to be true afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import { idxBytes } from '../data/files.ts';
import { firstDigits } from '../digits.ts';
import type { DiskFault, Fault } from './fault.ts';
import { type Heard, smallData, type Trained, trainUnderChaos } from './training.ts';

export type Scenario =
  | {
      readonly family: 'thread';
      readonly network: NetworkName;
      readonly workers: number;
      readonly point: string;
      readonly faults: readonly Fault[];
    }
  | {
      readonly family: 'NaN lasting';
      readonly workers: number;
      readonly step: number;
      readonly onNan: 'stop' | 'skip';
    }
  | {
      readonly family: 'signal';
      readonly workers: number;
      readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
      /** It comes so long after a line that begins so; an empty one is the start of the process. */
      readonly after: string;
      readonly milliseconds: number;
    }
  | {
      readonly family: 'disk';
      readonly workers: number;
      readonly disk: DiskFault;
      readonly onSaveError: 'stop' | 'continue';
    }
  | {
      readonly family: 'broken file';
      readonly workers: number;
      readonly file: string;
      readonly how: 'truncated' | 'bit flipped';
      /** Where in the file, from 0 to 1. */
      readonly at: number;
    };

/** A small one, or the tutorial's on MNIST digits. */
export type NetworkName = 'small' | 'tutorial';

export interface Outcome {
  /** What was found wrong; empty when the fault was survived. */
  readonly failures: readonly string[];
  /** Milliseconds from each death to its being noticed, and to the worker's being back. */
  readonly noticed: readonly number[];
  readonly back: readonly number[];
  /** Whether each planned fault struck. */
  readonly struck: boolean;
}

/** The bits of the trainings without a fault, for comparison. */
export interface Expected {
  readonly small: string;
  readonly tutorial: string;
  readonly commandLine: string;
  /** By the step that is left out. */
  skipped(step: number): Promise<string>;
}

export async function runScenario(scenario: Scenario, expected: Expected): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-chaos-'));
  try {
    switch (scenario.family) {
      case 'thread':
        return await threadFault(scenario, expected, join(directory, 'run'));
      case 'NaN lasting':
        return await lastingNaN(scenario, expected);
      case 'signal':
        return await signalled(scenario, expected, directory);
      case 'disk':
        return await badDisk(scenario, expected, join(directory, 'run'));
      case 'broken file':
        return await brokenFile(scenario, expected, directory);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Family<Name> = Extract<Scenario, { family: Name }>;

async function threadFault({ workers, faults, network }: Family<'thread'>, expected: Expected, run: string) {
  const trained = await trainUnderChaos({ workers, faults, run, ...(await examplesOf(network)) });
  const failures = [...wrongBits(trained, expected[network]), ...leftIn(run)];
  return { failures, ...times(trained), struck: trained.chaos.struck.every((count) => count > 0) };
}

/** As many digits as the small data set has examples: the same steps, evaluations and uneven last batch. */
export async function examplesOf(network: NetworkName) {
  if (network === 'small') return {};
  return { model: mnistCnnSpec(), data: await firstDigits(smallData.count) };
}

/** Every death is one fault's; the first news of a worker after it is of its being lost. Hangs are noticed by a deadline. */
function times({ chaos, events }: Trained) {
  const workers = events.filter((event) => event.kind === 'worker');
  const noticed: number[] = [];
  const back: number[] = [];
  if (chaos.faults.length !== 1 || !dies(chaos.faults[0])) return { noticed, back };
  const lost = workers.find(({ state, at }) => state === 'lost' && at >= chaos.struckAt[0] - 1);
  if (lost !== undefined) noticed.push(lost.at - chaos.struckAt[0]);
  const again = workers.find(({ state, worker }) => state === 'back' && worker === lost?.worker);
  if (again !== undefined) back.push(again.at - chaos.struckAt[0]);
  return { noticed, back };
}

const dies = ({ kind, times = 1 }: Fault): boolean =>
  times === 1 &&
  !['straggler', 'NaN once', 'endless loop', 'heap exhaustion', 'failing start'].includes(kind);

function wrongBits({ result, miscounted }: Trained, sha256: string): string[] {
  const failures: string[] = [];
  if (result.parametersSha256 !== sha256) failures.push(`other bits: ${result.parametersSha256}`);
  if (miscounted.length > 0) failures.push(`steps that miscount their examples: ${miscounted.join(', ')}`);
  return failures;
}

/** Locks and temporary files. */
function leftIn(run: string): string[] {
  const left = readdirSync(run, { recursive: true }).filter((name) => /(^|\/)(\.tmp-|lock-)/.test(`${name}`));
  return left.map((name) => `left behind: ${name}`);
}

async function lastingNaN({ workers, step, onNan }: Family<'NaN lasting'>, expected: Expected) {
  const faults = [nanAlways(step)];
  const nothing = { noticed: [], back: [], struck: true };
  try {
    const trained = await trainUnderChaos({ workers, faults, onNan });
    if (onNan === 'stop') return { ...nothing, failures: ['an update that is not finite was made'] };
    const skips = trained.result.skippedSteps.join() === `${step}` ? [] : ['it skipped other steps'];
    return { ...nothing, failures: [...skips, ...wrongBits(trained, await expected.skipped(step))] };
  } catch (error) {
    const isRight =
      onNan === 'stop' && new RegExp(`in step ${step}, shard \\d`).test((error as Error).message);
    return { ...nothing, failures: isRight ? [] : [`${error}`] };
  }
}

/** In every gradient of a step, however often. */
export const nanAlways = (step: number): Fault => ({
  ...{ kind: 'NaN once', task: 'gradient', step, nth: 1, times: 1000 },
  when: 'before',
});

async function badDisk({ workers, disk, onSaveError }: Family<'disk'>, expected: Expected, run: string) {
  const failures: string[] = [];
  let struck = true;
  try {
    const { result, events } = await trainUnderChaos({ workers, disk, onSaveError, run });
    struck = events.some(({ kind }) => kind === 'notice');
    if (onSaveError === 'stop') failures.push('the training went on');
    if (result.parametersSha256 !== expected.small) failures.push('other bits');
  } catch (error) {
    const { kind, message } = error as { kind?: string; message: string };
    if (kind !== 'save') failures.push(`another error: ${message}`);
    if (onSaveError === 'continue' && disk.times < 99) failures.push(`it did not go on: ${message}`);
  }
  failures.push(...leftIn(run));
  const resumed = await trainUnderChaos({ workers, run, resume: true });
  failures.push(...wrongBits(resumed, expected.small), ...leftIn(run));
  return { failures, noticed: [], back: [], struck };
}

// ---- the whole process, as a command line ----

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

const settings = [
  '--batch-size',
  '20',
  '--steps',
  '12',
  '--save-every',
  '4',
  '--eval-every',
  '5',
  '--log-every',
  '1',
];

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
  const { code, output } = await end(start(2, writeData(directory), run, []));
  if (code !== 0) throw new Error(`Expected a training to end well, got exit code ${code}: ${output}`);
  return weightsSha256(run);
}

/** `gradpool train` on the small data set; what `more` says counts last. */
export function start(workers: number, data: string, run: string, more: readonly string[]): ChildProcess {
  const args = ['train', '--workers', `${workers}`, '--data', data, '--run', run, ...settings, ...more];
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

interface End {
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

/** The newest checkpoint's name and the hash of its weights. */
export function weightsSha256(run: string): string {
  const newest = readdirSync(join(run, 'checkpoints')).sort().at(-1) ?? 'none';
  const weights = readFileSync(join(run, 'checkpoints', newest, 'weights.bin'));
  return `${newest} ${createHash('sha256').update(weights).digest('hex')}`;
}

async function signalled(scenario: Family<'signal'>, expected: Expected, directory: string) {
  const { workers, signal, after, milliseconds } = scenario;
  const [data, run] = [writeData(directory), join(directory, 'run')];
  const child = start(workers, data, run, []);
  let isDue = false;
  const strike = () => {
    if (!isDue) setTimeout(() => child.kill(signal), milliseconds);
    isDue = true;
  };
  if (after === '') strike();
  const first = await end(child, (line) => {
    if (after !== '' && line.startsWith(after)) strike();
  });
  const failures = wrongEnd(first, signal);
  const has = (name: string) => readdirSync(directory).includes('run') && readdirSync(run).includes(name);
  const resumes =
    has('config.json') || (has('checkpoints') && readdirSync(join(run, 'checkpoints')).length > 0);
  const second = await end(start(workers, data, run, resumes ? ['--resume'] : []));
  if (second.code !== 0) failures.push(`afterwards: exit code ${second.code}: ${second.output}`);
  else if (weightsSha256(run) !== expected.commandLine) failures.push('other bits');
  failures.push(...leftIn(run));
  return { failures, noticed: [], back: [], struck: isDue };
}

/** A signal that comes before the program listens ends it as everywhere; one after the end finds nobody. */
function wrongEnd({ code, signal, output }: End, sent: string): string[] {
  const codes: Record<string, number> = { SIGINT: 130, SIGTERM: 143 };
  const isRight = signal === sent || code === 0 || code === codes[sent];
  const saysHow = code !== codes[sent] || /--resume|before the training began/.test(output);
  return [
    ...(isRight ? [] : [`exit code ${code}, signal ${signal}: ${output}`]),
    ...(saysHow ? [] : [`it does not say how to go on: ${output}`]),
  ];
}

async function brokenFile(scenario: Family<'broken file'>, expected: Expected, directory: string) {
  const { workers, file } = scenario;
  if (file.endsWith('ubyte')) return brokenData(scenario, directory);
  const run = join(directory, 'run');
  await trainUnderChaos({ workers, run, steps: 8 });
  damage(join(run, 'checkpoints', 'step-00000008', file), scenario);
  const resumed = await trainUnderChaos({ workers, run, resume: true });
  const failures = [...wrongBits(resumed, expected.small), ...leftIn(run)];
  const isNamed = (event: Heard) => event.kind === 'notice' && event.text.includes('step-00000008');
  if (!resumed.events.some(isNamed)) failures.push('the broken checkpoint is not named');
  if (!resumed.events.some((event) => event.kind === 'start' && event.fromStep === 4))
    failures.push('it did not go on from the whole one');
  return { failures, noticed: [], back: [], struck: true };
}

/** Training data that changed between two halves of a run. */
async function brokenData(scenario: Family<'broken file'>, directory: string) {
  const [data, run] = [writeData(directory), join(directory, 'run')];
  await end(start(scenario.workers, data, run, ['--steps', '4']));
  damage(join(data, scenario.file), scenario);
  const { code, output } = await end(start(scenario.workers, data, run, ['--resume', '--steps', '8']));
  const isRight = code === 1 && /^error: [^\n]+\n$/m.test(output);
  return { failures: isRight ? [] : [`exit code ${code}: ${output}`], noticed: [], back: [], struck: true };
}

function damage(path: string, { how, at }: Family<'broken file'>): void {
  const bytes = readFileSync(path);
  const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
  bytes[place] ^= 1 << (place % 8);
  writeFileSync(path, how === 'truncated' ? bytes.subarray(0, place) : bytes);
}
