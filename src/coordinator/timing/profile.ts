/**
 * Where the time of the last steps went, as a file in Chrome's trace format (chrome://tracing, ui.perfetto.dev): a
 * lane for the coordinator with the phases, and one a worker with its tasks, layers and kernels, and with its waiting.
 */
import { dirname, join, parse } from 'node:path';
import { inputError, messageOf } from '../../errors.ts';
import { makeDirectories, replaceFile, tryReplacing } from '../../files/atomic-file.ts';
import type { Done, Pool } from '../../pool/place.ts';
import type { Spans, Task, TraceRequest } from '../../protocol/tasks.ts';

/** How many steps are kept. */
const mostSteps = 20;

export interface Profile {
  /** What the workers are to note. */
  readonly request: TraceRequest;
  /** The pool, each phase noted. */
  observe(pool: Pool, workers: number): Pool;
  /** @throws GradpoolError when the file cannot be written */
  write(): Promise<void>;
}

/** An event of Chrome's trace format; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: 1;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/**
 * A profile to be written to `path`, which is tried before anything is done; `profile.rank-1.json` is another rank's.
 * @param path where none is to be written, undefined
 * @throws GradpoolError when the file could not be written
 */
export async function openProfile(path: string | undefined, rank: number): Promise<Profile | undefined> {
  return path === undefined ? undefined : open(rank === 0 ? path : ofRank(rank, path));
}

function ofRank(rank: number, path: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.rank-${rank}${ext}`);
}

async function open(path: string): Promise<Profile> {
  // It may lie in the directory of a run that is about to begin.
  await makeDirectories(dirname(path))
    .then(() => tryReplacing(path))
    .catch((cause: unknown) => {
      throw inputError(
        `Could not write the profile ${path}: ${messageOf(cause)}; name another file with \`profile\``,
        cause,
      );
    });
  return createProfile(path);
}

function createProfile(path: string): Profile {
  /** Of each step; what comes after it (evaluations, checkpoints) counts to it. */
  const steps: TraceEvent[][] = [[]];
  let workers = 0;
  let lastStep = 0;
  const begin = ([first]: readonly Task[]) => {
    if (first?.kind !== 'gradient' || first.step === lastStep) return;
    lastStep = first.step;
    if (steps.push([]) > mostSteps) steps.shift();
  };
  const note = (kind: Task['kind'] | undefined, start: number, done: readonly Done[]) => {
    const end = performance.now();
    const isTraining = kind === 'gradient' || kind === 'update';
    const phase = { ...span(kind ?? 'nothing', 0, start, end - start), args: { step: lastStep } };
    const spans = done.map((reply) => ({ worker: reply.worker, spans: reply.spans ?? nothing }));
    // An evaluation has thousands of kernel calls: of it, only the tasks are kept.
    const kept = isTraining ? spans : spans.map((some) => ({ ...some, spans: lastOf(some.spans) }));
    steps.at(-1)?.push(phase);
    for (let worker = 0; worker < workers; worker++)
      steps.at(-1)?.push(...workerEvents(worker, start, end, kept));
  };
  return {
    request: { from: performance.timeOrigin, detail: 'kernels' },
    observe(pool, count) {
      workers = count;
      return {
        ...pool,
        async run(tasks, options) {
          begin(tasks);
          const start = performance.now();
          const done = await pool.run(tasks, options);
          note(tasks[0]?.kind, start, done);
          return done;
        },
        async runUnless(stopped, tasks) {
          const start = performance.now();
          const done = await pool.runUnless(stopped, tasks);
          note(tasks[0]?.kind, start, done ?? []);
          return done;
        },
      };
    },
    async write() {
      try {
        await replaceFile(path, Buffer.from(toJson([...laneNames(workers), ...steps.flat()])));
      } catch (cause) {
        throw inputError(
          `Could not write the profile ${path}: ${messageOf(cause)}; the training itself is done`,
          cause,
        );
      }
    },
  };
}

const nothing: Spans = { names: [], times: new Float64Array(), shares: new Map() };
const lastOf = ({ names, times }: Spans): Spans => ({
  ...{ names: names.slice(-1), times: times.slice(-2) },
  shares: nothing.shares,
});

/** What a worker did in a phase, and where it waited. */
function workerEvents(
  worker: number,
  start: number,
  end: number,
  done: readonly { readonly worker: number; readonly spans: Spans }[],
): TraceEvent[] {
  const lane = worker + 1;
  const own = done.flatMap((reply) =>
    reply.worker === worker && reply.spans.names.length > 0 ? [reply.spans] : [],
  );
  const tasks = own
    .map(({ times }) => [times[times.length - 2], times[times.length - 1]])
    .sort(([a], [b]) => a - b);
  let free = start;
  const waiting = [...tasks, [end, 0]].flatMap(([from, duration]) => {
    const gap = span('waiting', lane, free, from - free);
    free = from + duration;
    return gap.dur > 0 ? [gap] : [];
  });
  return [...waiting, ...own.flatMap((spans) => eventsOf(spans, lane))];
}

const eventsOf = ({ names, times, shares }: Spans, lane: number): TraceEvent[] =>
  names.map((name, index) => {
    const event = span(name, lane, times[2 * index], times[2 * index + 1]);
    const nonzero = shares.get(index);
    return nonzero === undefined ? event : { ...event, args: { nonzero } };
  });

/** @param start,duration in milliseconds */
const span = (name: string, tid: number, start: number, duration: number) =>
  ({ name, ph: 'X', pid: 1, tid, ts: microseconds(start), dur: microseconds(duration) }) as const;

const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1e4) / 10;

const laneNames = (workers: number): TraceEvent[] =>
  Array.from({ length: workers + 1 }, (_, tid) => ({
    name: 'thread_name',
    ph: 'M',
    pid: 1,
    tid,
    args: { name: tid === 0 ? 'coordinator' : `worker ${tid - 1}` },
  }));

const toJson = (events: readonly TraceEvent[]): string =>
  `{"traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
