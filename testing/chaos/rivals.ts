/** Several trainings that begin together on one run directory: one gets in, and the others leave no trace. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { commandSettings, end, start, weightsSha256, writeData } from './command-line.ts';
import { type Fault, prepareChaos } from './fault.ts';
import { type Expected, type Family, leftIn, type Outcome, type RivalPlace } from './scenario.ts';
import { openLedger, smallData, smallModel, smallOptions } from './training.ts';

const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/** @returns why no PID namespace can be made here; undefined where one can */
export function namespaceError(): string | undefined {
  const { status, stderr, error } = spawnSync(namespace[0], [...namespace.slice(1), 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `no PID namespace can be made here: ${error?.message ?? stderr.trim()}`;
}

/** How one of them ended: with the bits of its end, or refused. */
type Ended = { readonly workers: number; readonly bits: string } | { readonly refused: string };

export async function rivals(
  { rivals: count, where }: Family<'rivals'>,
  expected: Expected,
  directory: string,
): Promise<Outcome> {
  const skipped = where === 'PID namespaces' ? namespaceError() : undefined;
  const struck = [{ kind: `a second training in ${where}`, point: 'start', struck: skipped === undefined }];
  if (skipped !== undefined) return { failures: [], struck, noticed: [], back: [], skipped };
  const run = join(directory, 'run');
  const bits = where === 'one process' ? expected.small : expected.commandLine;
  const ended = await (where === 'one process'
    ? inThisProcess(count, run)
    : inProcesses(count, directory, run, where));
  const killed = where === 'PID namespaces' ? await holderIsKilled(directory, where, expected) : [];
  return {
    failures: [...wrongEnds(ended, run, bits), ...leftIn(run), ...killed],
    struck,
    noticed: [],
    back: [],
  };
}

/** Each has another number of workers, by which a run that is mixed of two shows. */
const workersOf = (count: number): number[] => Array.from({ length: count }, (_, index) => 1 + index);

async function inThisProcess(count: number, run: string): Promise<Ended[]> {
  const ledger = openLedger();
  prepareChaos({ faults: [], files: [], ...smallOptions, ledger: ledger.path });
  const go = async (workers: number): Promise<Ended> => {
    const request = { model: smallModel, train: smallData, test: smallData, resume: false, run };
    const config = resolveConfig({ ...smallOptions, workers });
    try {
      const result = await trainInThread({ ...request, config, reportProbabilities: false }, {});
      return { workers, bits: result.parametersSha256 };
    } catch (error) {
      return { refused: (error as Error).message };
    }
  };
  try {
    return await Promise.all(workersOf(count).map(go));
  } finally {
    ledger.remove();
  }
}

function inProcesses(count: number, directory: string, run: string, where: RivalPlace): Promise<Ended[]> {
  const data = writeData(directory);
  const go = async (workers: number): Promise<Ended> => {
    const { code, output } = await end(begin({ workers, data, run }, where));
    return code === 0 ? { workers, bits: weightsSha256(run) } : { refused: output };
  };
  return Promise.all(workersOf(count).map(go));
}

const begin = (command: Parameters<typeof start>[0], where: RivalPlace): ChildProcess =>
  start({ ...command, ...(where === 'PID namespaces' ? { within: namespace } : {}) });

function wrongEnds(ended: readonly Ended[], run: string, bits: string): string[] {
  const done = ended.flatMap((one) => ('bits' in one ? [one] : []));
  const refused = ended.flatMap((one) => ('refused' in one ? [one.refused] : []));
  const [winner] = done;
  if (done.length !== 1)
    return [
      `${done.length} of ${ended.length} trainings got in: ${refused.join('; ') || 'none was refused'}`,
    ];
  const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  return [
    ...(winner.bits === bits ? [] : [`other bits: ${winner.bits}`]),
    ...(config.workers === winner.workers ? [] : [`config.json is another training's: ${config.workers}`]),
    ...refused.filter((text) => !isClear(text, run)).map((text) => `not refused in one clear line: ${text}`),
  ];
}

/** It meets the other one, or, where that was quicker, what it left. */
function isClear(text: string, run: string): boolean {
  const lines = text.split('\n').filter((line) => /other training|has checkpoints/.test(line));
  return lines.length === 1 && lines[0].includes(run);
}

/** One worker is the coordinator's thread, which nobody watches. */
const hangsInStep9: Fault = {
  ...{ kind: 'endless loop', point: 'step 9', task: 'gradient' },
  ...{ step: 9, nth: 1, when: 'before' },
};

/** While one has the run another is refused; once it is killed, the run is free, and ends with the same bits. */
async function holderIsKilled(directory: string, where: RivalPlace, expected: Expected): Promise<string[]> {
  const [run, within] = [join(directory, 'killed'), join(directory, 'killed-data')];
  mkdirSync(within);
  const data = writeData(within);
  let resumed: ReturnType<typeof end> | undefined;
  const ledger = openLedger();
  const { shards, batchSize } = commandSettings;
  const chaos = { faults: [hangsInStep9], files: [], shards, batchSize, ledger: ledger.path };
  const holder = begin({ workers: 1, data, run, chaos }, where);
  await end(holder, (line) => {
    if (resumed !== undefined || !line.startsWith('step 8: saved')) return;
    resumed = end(begin({ workers: 2, data, run, more: ['--resume'] }, where));
    void resumed.then(() => holder.kill('SIGKILL'));
  });
  ledger.remove();
  const refused = await resumed;
  const isRefused = refused !== undefined && refused.code !== 0 && isClear(refused.output, run);
  const last = await end(begin({ workers: 2, data, run, more: ['--resume'] }, where));
  return [
    ...(isRefused ? [] : [`a held run was resumed: ${refused?.output}`]),
    ...(last.code === 0 && weightsSha256(run) === expected.commandLine
      ? []
      : [`not resumed: ${last.output}`]),
    ...leftIn(run),
  ];
}
