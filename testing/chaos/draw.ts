/** Seeded plans of faults: the same numbers, the same plan. */
import {
  type Fault,
  type FileFault,
  type ProcessSignal,
  processSignals,
  type ThreadFault,
  threadFaults,
} from './fault.ts';
import { dataFiles, filesOfCheckpoint, isPossible, placeOf, points, withRetries } from './points.ts';
import type { Damage, NetworkName, Scenario, Strike } from './scenario.ts';
import { rivalPlaces } from './scenario.ts';
import { stepsOf } from './threads.ts';

/** Trainings with as many faults together, or a few more. */
export function drawScenarios(faults: number, seed: number): Scenario[] {
  const chance = chanceOf(seed);
  const scenarios: Scenario[] = [];
  for (let drawn = 0; drawn < faults; ) {
    // Families in turn, so that each gets its share; everything else by chance.
    const scenario = families[scenarios.length % families.length](chance);
    scenarios.push(scenario);
    drawn += countOf(scenario);
  }
  return scenarios;
}

export function countOf(scenario: Scenario): number {
  switch (scenario.family) {
    case 'threads':
    case 'no worker left':
      return scenario.faults.length;
    case 'NaN lasting':
      return scenario.steps.length;
    case 'processes':
      return scenario.strikes.length;
    case 'disk':
      return scenario.files.length;
    case 'rivals':
      return 1;
    case 'early ends':
      return scenario.times;
    default:
      return scenario.damages.length;
  }
}

interface Chance {
  /** From 0 to below 1. */
  share(): number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  one<T>(list: readonly T[]): T;
  some<T>(most: number, make: (index: number) => T): T[];
}

/** A linear congruential generator's upper bits. */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const share = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(share() * limit);
  return {
    share,
    below,
    one: (list) => list[below(list.length)],
    some: (most, make) => Array.from({ length: 1 + below(most) }, (_, index) => make(index)),
  };
}

type Draw = (chance: Chance) => Scenario;

const threads: Draw = (chance) => {
  const network: NetworkName = chance.below(8) === 0 ? 'tutorial' : 'small';
  const faults = chance.some(6, () => threadFault(chance, stepsOf[network]));
  return { family: 'threads', network, workers: chance.one([2, 3, 8]), faults: withRetries(faults) };
};

const lastingNaN: Draw = (chance) => ({
  family: 'NaN lasting',
  workers: chance.one([2, 3, 8]),
  steps: ascending(chance.some(2, (index) => 1 + chance.below(25) + 30 * index)),
  onNan: chance.one(['stop', 'skip']),
});

const processes: Draw = (chance) => ({
  family: 'processes',
  workers: chance.one([1, 2, 3, 8]),
  strikes: chance.some(4, (index) => strike(chance, index)),
});

const disk: Draw = (chance) => ({
  family: 'disk',
  workers: chance.one([1, 2, 3, 8]),
  files: chance.some(4, (): FileFault => {
    const file = chance.one([...filesOfCheckpoint, 'metrics.jsonl']);
    return {
      kind: chance.one(['ENOSPC', 'EIO', 'EACCES', 'EROFS']),
      point: file,
      file,
      nth: 1 + chance.below(3),
      times: chance.one([1, 3]),
    };
  }),
  onSaveError: chance.one(['stop', 'continue']),
});

const brokenCheckpoint: Draw = (chance) => ({
  family: 'broken checkpoint',
  workers: chance.one([1, 2, 3, 8]),
  damages: chance.some(4, () => damage(chance, filesOfCheckpoint)),
});

const brokenData: Draw = (chance) => ({
  family: 'broken IDX',
  workers: chance.one([1, 2, 3, 8]),
  damages: chance.some(4, () => damage(chance, dataFiles)),
});

const rivals: Draw = (chance) => ({
  family: 'rivals',
  rivals: chance.one([2, 3]),
  where: chance.one(rivalPlaces),
});

/** By their share of the trainings. */
const families: readonly Draw[] = [
  ...[threads, processes, threads, lastingNaN, threads, processes, rivals, disk],
  ...[threads, processes, threads, brokenCheckpoint, threads, processes, threads, brokenData],
];

function threadFault(chance: Chance, steps: number): Fault {
  const kind: ThreadFault = chance.one(threadFaults);
  const when = chance.one(['before', 'after'] as const);
  if (kind === 'failing start')
    return { kind, point: 'start', task: 'start', nth: 1, times: chance.one([1, 2, 4]), when: 'before' };
  const point = chance.one(points.filter((point) => isPossible(kind, point)));
  return { kind, point, ...placeOf(point, chance.share(), steps), when };
}

/** At a random moment, at a task, or while a file is written; each later in the training than the one before. */
function strike(chance: Chance, index: number): Strike {
  const kind: ProcessSignal = chance.one(processSignals);
  const when = chance.one(['before', 'after'] as const);
  const nth = 1 + chance.below(6);
  switch (chance.below(4)) {
    case 0:
      return { kind, point: 'any moment', milliseconds: chance.below(900) };
    case 1:
      return {
        kind,
        point: 'checkpoint write',
        file: chance.one(filesOfCheckpoint),
        nth: 1 + chance.below(3),
      };
    case 2:
      return { kind, point: 'evaluation', task: 'evaluate', nth, when };
    default: {
      const step = 15 * index + 1 + chance.below(14);
      return { kind, point: `step ${step}`, task: chance.one(['gradient', 'update']), step, nth: 1, when };
    }
  }
}

const damage = (chance: Chance, files: readonly string[]): Damage => ({
  file: chance.one(files),
  how: chance.one(['truncated', 'bit flipped']),
  at: chance.share(),
});

const ascending = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
