import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandSettings, type End, end, start, weightsSha256, writeData } from './command-line.ts';
import { type ChaosOptions, secondSignal } from './fault.ts';
import { type Expected, type Family, leftIn, type Outcome, type Strike } from './scenario.ts';
import { miscountedSteps, openLedger, rangeOf, smallData } from './training.ts';

/** How often a strike is tried that came only after the training's end. */
const tries = 3;

/** Struck, resumed, struck again, ... on one run, and at last left to end. */
export async function killedProcesses(
  { workers, strikes }: Family<'processes'>,
  expected: Expected,
  directory: string,
): Promise<Outcome> {
  const [data, run] = [writeData(directory), join(directory, 'run')];
  const ledger = openLedger();
  const failures: string[] = [];
  const go = (strike?: Strike): Promise<End> => {
    const more = canResume(run) ? ['--resume'] : [];
    const child = start({ workers, data, run, more, chaos: planOf(ledger.path, strike) });
    if (strike !== undefined && 'milliseconds' in strike)
      setTimeout(() => child.kill(strike.kind), strike.milliseconds);
    return end(child);
  };
  /** A training that the signal came too late for is at its end; the next try begins a new one. */
  const strikeOnce = async (strike: Strike): Promise<boolean> => {
    const ended = await go(strike);
    failures.push(...wrongEnd(ended, strike.kind));
    const endsInOrder = ended.signal === null && strike.kind !== secondSignal;
    if (endsInOrder && canResume(run)) failures.push(...leftIn(run));
    if (ended.code !== 0) return true;
    failures.push(...wrongWeights(run, expected));
    rmSync(run, { recursive: true, force: true });
    return false;
  };
  try {
    const struck: Outcome['struck'][number][] = [];
    for (const strike of strikes) {
      let isStruck = false;
      for (let tried = 0; tried < tries && !isStruck; tried++) isStruck = await strikeOnce(strike);
      struck.push({ kind: strike.kind, point: strike.point, struck: isStruck });
    }
    const { code, output } = await go();
    failures.push(...(code === 0 ? wrongWeights(run, expected) : [`at last: exit code ${code}: ${output}`]));
    const steps = rangeOf(1, commandSettings.steps);
    const wrong = miscountedSteps(ledger.path, commandSettings, smallData.count, steps);
    if (wrong.length > 0) failures.push(`steps that miscount their examples: ${wrong.join(', ')}`);
    return { failures: [...failures, ...leftIn(run)], struck, noticed: [], back: [] };
  } finally {
    ledger.remove();
  }
}

const wrongWeights = (run: string, { commandLine }: Expected): string[] =>
  weightsSha256(run) === commandLine ? [] : [`other bits: ${weightsSha256(run)}`];

function planOf(ledger: string, strike?: Strike): ChaosOptions {
  const { shards, batchSize } = commandSettings;
  const faults = strike !== undefined && 'task' in strike ? [strike] : [];
  const files = strike !== undefined && 'file' in strike ? [strike] : [];
  return { faults, files, shards, batchSize, ledger };
}

/** Whether the run has begun; before that the same command begins it. */
function canResume(run: string): boolean {
  const checkpoints = join(run, 'checkpoints');
  const hasCheckpoints = existsSync(checkpoints) && readdirSync(checkpoints).length > 0;
  return hasCheckpoints || existsSync(join(run, 'config.json'));
}

/** A signal that comes before the program listens ends it as everywhere; one after the end finds nobody. */
function wrongEnd({ code, signal, output }: End, sent: string): string[] {
  if (sent === secondSignal) return code === 130 ? [] : [`exit code ${code}, signal ${signal}: ${output}`];
  const codes: Record<string, number> = { SIGINT: 130, SIGTERM: 143 };
  const isRight = signal === sent || code === 0 || code === codes[sent];
  // A signal behind the last step leaves nothing to go on with.
  const saysHow = code !== codes[sent] || /--resume|before the training began|the model lies in/.test(output);
  return [
    ...(isRight ? [] : [`exit code ${code}, signal ${signal}: ${output}`]),
    ...(saysHow ? [] : [`it does not say how to go on: ${output}`]),
  ];
}
