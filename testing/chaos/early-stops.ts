/** Programs whose threads end while they load, again and again: what may abort a process, or leave something behind. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { missing } from '../tensorflow.ts';
import { end } from './command-line.ts';
import { type EarlyEnd, earlyEnds, type Family, type Outcome, type Scenario } from './scenario.ts';

const root = join(import.meta.dirname, '..', '..');

const commands: Record<EarlyEnd, (times: number) => string[]> = {
  stops: (times) => ['early-stops.ts', '--stops', `${times}`],
  'stops with tensorflow': (times) => ['early-stops.ts', '--stops', `${times}`, '--engine', 'tensorflow'],
  'stops among deaths': (times) => ['early-stops.ts', '--stops', `${times}`, '--deaths'],
  fits: (times) => ['many-fits.ts', '--fits', `${times}`],
};

/** So many stops, and fewer of what takes longer. */
export const earlyEndsOf = (stops: number): Scenario[] =>
  stops === 0
    ? []
    : earlyEnds.map((what) => ({
        ...{ family: 'early ends', what },
        times: Math.ceil(stops * shares[what]),
      }));

const shares: Record<EarlyEnd, number> = {
  stops: 1,
  'stops with tensorflow': 0.02,
  'stops among deaths': 0.05,
  fits: 0.1,
};

/** The program judges itself what it leaves; that it did not get so far is seen here. */
export async function earlyEnding({ what, times }: Family<'early ends'>): Promise<Outcome> {
  const isMissing = what === 'stops with tensorflow' && missing !== undefined;
  const kind = what === 'fits' ? 'one fit after the other' : `early ${what}`;
  const struck = Array.from({ length: times }, () => ({ kind, point: 'any moment', struck: !isMissing }));
  const nothing = { failures: [], struck, noticed: [], back: [] };
  if (isMissing) return { ...nothing, skipped: `the engine tensorflow cannot be had: ${missing}` };
  const [program, ...args] = commands[what](times);
  const injector = ['--import', join(root, 'testing', 'chaos', 'inject.ts')];
  const { code, signal, output } = await end(
    spawn(process.execPath, [...injector, join(root, 'scripts', 'chaos', program), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const isWell = code === 0 && output.includes('"failures":[]');
  return { ...nothing, failures: isWell ? [] : [`it ended with ${signal ?? code}: ${output}`] };
}
