/** Every kind of fault at every point at which it can come, in few trainings: the part of `npm test`. */
import {
  type DiskError,
  type Fault,
  type FileFault,
  type ProcessSignal,
  processSignals,
  secondSignal,
  threadFaults,
} from './fault.ts';
import { dataFiles, filesOfCheckpoint, isPossible, placeOf, points, withRetries } from './points.ts';
import type { Damage, Scenario, Strike } from './scenario.ts';
import { rivalPlaces } from './scenario.ts';
import { stepsOf } from './threads.ts';

export const coveringScenarios = (): Scenario[] => [
  ...points.map((_, training) => threadsOf(training)),
  noneLeft(2, [{ kind: 'throw', ...ninthStep, times: 1000 }]),
  noneLeft(3, [
    { kind: 'exit', ...ninthStep, times: 3 },
    { kind: 'failing start', point: 'any start', task: 'start', nth: 4, times: 1000, when: 'before' },
  ]),
  noneLeft(1, [{ kind: 'WebAssembly trap', ...ninthStep }]),
  noneLeft(1, [{ kind: 'exit', ...ninthStep }]),
  { family: 'NaN lasting', workers: 2, steps: [1, 6, 35], onNan: 'stop' },
  { family: 'NaN lasting', workers: 3, steps: [1, 6, 35], onNan: 'skip' },
  ...processSignals.map((_, training) => processesOf(training)),
  { family: 'disk', workers: 2, files: files(true), onSaveError: 'continue' },
  { family: 'disk', workers: 1, files: files(false), onSaveError: 'stop' },
  { family: 'broken checkpoint', workers: 1, damages: filesOfCheckpoint.flatMap(damages) },
  {
    family: 'broken IDX',
    workers: 2,
    damages: dataFiles.flatMap(damages),
  },
  ...rivalPlaces.map(
    (where): Scenario => ({ family: 'rivals', rivals: where === 'processes' ? 2 : 3, where }),
  ),
];

/** In each training every kind once, each at another point; over all trainings, every kind at every point. */
function threadsOf(training: number): Scenario {
  const faults = threadFaults.flatMap((kind, index): Fault[] => {
    const point = points[(training + index) % points.length];
    if (!isPossible(kind, point)) return [];
    const when = (training + index) % 3 === 0 ? 'after' : 'before';
    return [{ kind, point, ...placeOf(point, 0.3, stepsOf.small), when }];
  });
  return {
    family: 'threads',
    network: 'small',
    workers: [2, 3, 8][training % 3],
    faults: withRetries(faults),
  };
}

const ninthStep = { point: 'step 9', task: 'gradient', step: 9, nth: 1, when: 'before' } as const;

/** One worker is the coordinator's thread; what throws there, it catches. */
const noneLeft = (workers: number, faults: readonly Fault[]): Scenario => ({
  ...{ family: 'no worker left', workers, faults },
  dies: workers === 1 && faults[0].kind === 'exit',
});

/** The same for what comes to the whole process, over three trainings. */
function processesOf(training: number): Scenario {
  const kindOf = (index: number): ProcessSignal => processSignals[(training + index) % processSignals.length];
  const fault = (index: number, point: string, fault: Pick<Fault, 'task' | 'step' | 'nth'>): Strike => ({
    ...{ kind: kindOf(index), point, when: index % 2 === 0 ? 'before' : 'after' },
    ...fault,
  });
  const file = (index: number, point: string, file: string): Strike => ({
    ...{ kind: kindOf(index), point, file, nth: 1 },
  });
  const strikes: Strike[] = [
    { kind: kindOf(0), point: 'process start', milliseconds: 60 + 40 * training },
    fault(1, 'start', { task: 'pack', nth: 1 }),
    fault(2, 'first step', { task: 'gradient', step: 1, nth: 1 }),
    fault(3, 'mid-epoch', { task: 'gradient', step: 9, nth: 1 }),
    fault(4, 'mid-epoch update', { task: 'update', step: 14, nth: 1 }),
    fault(5, 'uneven last batch', { task: 'gradient', step: 24, nth: 1 }),
    fault(6, 'evaluation', { task: 'evaluate', nth: 5 }),
    file(7, 'checkpoint write', filesOfCheckpoint[training]),
    { kind: secondSignal, point: 'checkpoint write', file: filesOfCheckpoint[training + 1], nth: 1 },
    file(8, 'shutdown', 'step-00000060/checkpoint.json'),
  ];
  return { family: 'processes', workers: training + 1, strikes };
}

const diskErrors: readonly DiskError[] = ['ENOSPC', 'EIO', 'EACCES', 'EROFS'];

/** @param isOne of one training, whose each save is another one's; else the second save of each */
const files = (isOne: boolean): FileFault[] =>
  [...filesOfCheckpoint, 'metrics.jsonl'].map((file, index) => ({
    kind: diskErrors[(index + (isOne ? 0 : 1)) % diskErrors.length],
    point: file,
    file,
    nth: isOne ? 1 + index : 2,
  }));

const damages = (file: string): Damage[] => [
  { file, how: 'truncated', at: 0.5 },
  { file, how: 'bit flipped', at: 0.7 },
];
