/** Seeded plans of faults: the same numbers, the same plan. */
import type { Fault, ThreadFault } from './fault.ts';
import { threadFaults } from './fault.ts';
import type { Scenario } from './scenario.ts';

/** Where in a training a worker is struck; 12 steps, 6 an epoch, evaluations after 5, 10 and the last, saves each 4. */
const points: Record<string, Pick<Fault, 'task' | 'step' | 'nth'>> = {
  start: { task: 'pack', nth: 1 },
  'first step': { task: 'gradient', step: 1, nth: 1 },
  'mid-epoch': { task: 'gradient', step: 3, nth: 2 },
  'mid-epoch update': { task: 'update', step: 8, nth: 1 },
  'uneven last batch': { task: 'gradient', step: 6, nth: 1 },
  evaluation: { task: 'evaluate', nth: 2 },
  'checkpoint write': { task: 'unpack', nth: 2 },
  shutdown: { task: 'unpack', nth: 7 },
};

export function drawScenarios(count: number, seed: number): Scenario[] {
  let state = seed >>> 0;
  /** Below `limit`: a linear congruential generator's upper bits. */
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const one = <T>(list: readonly T[]): T => list[random(list.length)];
  // Kinds in turn, so that each gets its share; everything else by chance.
  return Array.from({ length: count }, (_, index) => scenarioOf(kinds[index % kinds.length], random, one));
}

const kinds = [
  ...threadFaults,
  ...['several', 'NaN lasting', 'SIGKILL', 'SIGTERM', 'disk', 'broken checkpoint', 'SIGINT', 'broken IDX'],
] as const;

type Random = (limit: number) => number;
type One = <T>(list: readonly T[]) => T;

function scenarioOf(kind: (typeof kinds)[number], random: Random, one: One): Scenario {
  const workers = one([1, 2, 3, 8]);
  const threads = one([2, 3, 8]);
  const at = random(1000) / 1000;
  const network = random(8) === 0 ? 'tutorial' : 'small';
  switch (kind) {
    case 'SIGINT':
    case 'SIGTERM':
    case 'SIGKILL': {
      const after = one([
        '',
        'gradpool',
        'steps',
        'step 1:',
        'step 3:',
        'step 4: saved',
        'step 6:',
        'step 8:',
        'step 12:',
      ]);
      return {
        family: 'signal',
        workers,
        signal: kind,
        after,
        milliseconds: after === '' ? random(600) : random(40),
      };
    }
    case 'NaN lasting':
      return { family: kind, workers: threads, step: 1 + random(12), onNan: one(['stop', 'skip']) };
    case 'disk': {
      const file = one(['weights.bin', 'optimizer.bin', 'model.json', 'checkpoint.json', 'metrics.jsonl']);
      const disk = { code: one(['ENOSPC', 'EIO'] as const), file, nth: 1 + random(2), times: one([1, 99]) };
      return { family: kind, workers, disk, onSaveError: one(['stop', 'continue']) };
    }
    case 'broken checkpoint': {
      const file = one(['weights.bin', 'optimizer.bin', 'model.json', 'checkpoint.json']);
      return { family: 'broken file', workers, file, how: one(['truncated', 'bit flipped']), at };
    }
    case 'broken IDX': {
      const file = one(['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']);
      return { family: 'broken file', workers, file, how: one(['truncated', 'bit flipped']), at };
    }
    case 'several': {
      const strikes = Array.from({ length: 2 + random(2) }, () =>
        threadFault(one(['throw', 'exit', 'terminate', 'WebAssembly trap', 'straggler']), one),
      );
      const faults = strikes.map(({ fault }) => fault);
      return {
        family: 'thread',
        network,
        workers: threads,
        point: strikes.map(({ point }) => point).join(' and '),
        faults,
      };
    }
    default: {
      const { point, fault } = threadFault(kind, one);
      return { family: 'thread', network, workers: threads, point, faults: [fault] };
    }
  }
}

function threadFault(kind: ThreadFault, one: One): { point: string; fault: Fault } {
  const when = one(['before', 'after'] as const);
  if (kind === 'failing start')
    return { point: 'start', fault: { kind, task: 'start', nth: 1, times: one([1, 2, 4]), when: 'before' } };
  const all = Object.keys(points);
  const point = one(
    kind === 'NaN once'
      ? all.filter((name) => ['gradient', 'update', 'evaluate'].includes(points[name].task))
      : all,
  );
  return { point, fault: { kind, ...points[point], when } };
}

/** For counting. */
export function nameOf(scenario: Scenario): string {
  if (scenario.family === 'thread')
    return scenario.faults.length > 1 ? 'several at once' : scenario.faults[0].kind;
  if (scenario.family === 'signal') return scenario.signal;
  if (scenario.family === 'broken file')
    return `${scenario.file.endsWith('ubyte') ? 'IDX file' : 'checkpoint'} ${scenario.how}`;
  return scenario.family === 'disk' ? scenario.disk.code : `${scenario.family}, ${scenario.onNan}`;
}
