/** A run's sessions.jsonl, event by event, also while a training writes it. */
import { followLines } from '../read/follow-lines.ts';
import { type SessionEvent, sessionsPath } from './session-log.ts';

/** It is longer in no run; another program's file of that name might be. */
const mostBytes = 2 ** 26;

/**
 * The events that are there: lines that are none are left out. A run of an older version has none.
 * @throws GradpoolError where no file stands in its place
 */
export async function readSessions(run: string): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = [];
  await followLines(sessionsPath(run), mostBytes).read({
    anew() {},
    line(fields) {
      if (isEvent(fields)) events.push(fields);
    },
  });
  return events;
}

type Kind = SessionEvent['kind'];

/** What each kind has to have, by type. */
const needed: Readonly<Record<Kind, Readonly<Record<string, 'number' | 'string'>>>> = {
  begin: { fromStep: 'number', workers: 'number', engine: 'string' },
  worker: { step: 'number', worker: 'number', state: 'string' },
  checkpoint: { step: 'number' },
  end: { step: 'number', how: 'string' },
};

function isEvent(fields: Readonly<Record<string, unknown>>): fields is SessionEvent {
  const { kind, time } = fields;
  if (typeof kind !== 'string' || !Object.hasOwn(needed, kind)) return false;
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return false;
  return Object.entries(needed[kind as Kind]).every(([name, type]) => typeof fields[name] === type);
}
