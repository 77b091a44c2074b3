/**
 * sessions.jsonl: when a run was trained, with what, and what became of its workers, one JSON object a line. Nothing is
 * read of it to train: it is there to be shown, and a run that cannot have it goes on without.
 */
import { appendFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '../../errors.ts';
import { outputFile } from '../../files/output-file.ts';
import type { GanEvent } from '../../protocol/gan.ts';
import type { TrainEvent } from '../../protocol/requests.ts';
import { packageVersion } from '../../runtime/package-version.ts';

export const sessionsPath = (run: string): string => join(run, 'sessions.jsonl');

type Start = Extract<TrainEvent | GanEvent, { kind: 'start' }>;
type WorkerNews = Extract<TrainEvent, { kind: 'worker' }>;

/** A line; `time` is in ISO 8601. */
export type SessionEvent = { readonly time: string } & (
  | ({
      readonly kind: 'begin';
      /** Steps that were done before, and steps in all; null where a stream does not say. */
      readonly fromStep: number;
      readonly steps: number | null;
      readonly gradpool: string;
      readonly node: string;
      /** The absolute path of the file that the profile is written to. */
      readonly profile?: string;
    } & Pick<Start, 'workers' | 'engine' | 'kernels'>)
  /** After which step a worker was lost, works again, or was given up. */
  | ({ readonly kind: 'worker'; readonly step: number } & Pick<WorkerNews, 'worker' | 'state' | 'reason'>)
  | { readonly kind: 'checkpoint'; readonly step: number }
  /** Absent where the process was killed. */
  | { readonly kind: 'end'; readonly step: number; readonly how: 'done' | 'stopped' | 'failed' }
);

export interface SessionLog {
  /** What the training tells is noted. Returns at once. */
  hear(event: TrainEvent | GanEvent): void;
  /** Says where to write; what was heard before comes first. @param options `profile`: as it was named */
  open(run: string, options: { readonly resume: boolean; readonly profile?: string }): void;
  /** Writes all that is left. */
  close(how: Extract<SessionEvent, { kind: 'end' }>['how']): Promise<void>;
}

/** A log that hears all that is told, and what tells. */
export function logSessions<Event extends TrainEvent | GanEvent>(
  tell: (event: Event | Notice) => unknown,
): { readonly sessions: SessionLog; readonly onEvent: (event: Event) => unknown } {
  const sessions = createSessionLog((reason) =>
    tell({ kind: 'notice', text: `the run goes on without a log of its sessions: ${reason}` }),
  );
  return {
    sessions,
    onEvent(event) {
      sessions.hear(event);
      return tell(event);
    },
  };
}

type Notice = Extract<TrainEvent, { kind: 'notice' }>;

/** @param onFailure told once, where the file cannot be written */
export function createSessionLog(onFailure: (text: string) => void): SessionLog {
  const waiting: SessionEvent[] = [];
  let write: ((text: string) => Promise<void>) | undefined;
  let profile: string | undefined;
  let writing = Promise.resolve();
  let step = 0;
  const note = (event: WithoutTime<SessionEvent>) => {
    waiting.push({ time: new Date().toISOString(), ...event } as SessionEvent);
    flush();
  };
  const flush = () => {
    if (write === undefined || waiting.length === 0) return;
    const text = waiting.splice(0).map((event) => `${JSON.stringify(event)}\n`);
    writing = writing
      .then(() => write?.(text.join('')))
      .catch((error: unknown) => {
        write = undefined;
        onFailure(messageOf(error));
      });
  };
  return {
    hear(event) {
      if (event.kind === 'step' || event.kind === 'progress') step = event.step;
      if (event.kind === 'start') {
        step = event.fromStep;
        note(begun(event, profile));
      }
      if (event.kind === 'worker') {
        const { worker, state, reason } = event;
        note({ kind: 'worker', step, worker, state, ...(reason === undefined ? {} : { reason }) });
      }
      if (event.kind === 'checkpoint') note({ kind: 'checkpoint', step: event.step });
    },
    open(run, { resume, profile: path }) {
      profile = path === undefined ? undefined : resolve(path);
      let isFirst = !resume;
      write = async (text) => {
        const file = await outputFile(sessionsPath(run));
        await (isFirst ? writeFile(file, text) : appendFile(file, text));
        isFirst = false;
      };
      flush();
    },
    async close(how) {
      note({ kind: 'end', step, how });
      await writing;
    },
  };
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'time'> : never;

function begun(
  { fromStep, steps, workers, engine, kernels }: Start,
  profile: string | undefined,
): WithoutTime<SessionEvent> {
  return {
    kind: 'begin',
    ...{ fromStep, steps: Number.isFinite(steps) ? steps : null, workers, engine, kernels },
    ...{ gradpool: packageVersion, node: process.version },
    ...(profile === undefined ? {} : { profile }),
  };
}
