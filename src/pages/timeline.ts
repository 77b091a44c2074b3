/** When a run was trained, out of its sessions.jsonl. */
import type { SessionEvent } from '../run/sessions/session-log.ts';
import type { Incident, Session } from './page-data.ts';

type Begin = Extract<SessionEvent, { kind: 'begin' }>;

/** @param isTraining whether the last session is under way */
export function sessionsOf(events: readonly SessionEvent[], isTraining: boolean): Session[] {
  const begins = events.flatMap(({ kind }, index) => (kind === 'begin' ? [index] : []));
  return begins.map((first, index) => {
    // Workers may be lost before a session says that it begins: these stand with the one before.
    const own = events.slice(first + 1, begins[index + 1]);
    return sessionOf(events[first] as Begin, own, isTraining && index === begins.length - 1);
  });
}

function sessionOf(begin: Begin, events: readonly SessionEvent[], isUnderWay: boolean): Session {
  const last = events.at(-1) ?? begin;
  const steps = events.flatMap((event) => ('step' in event ? [event.step] : []));
  return {
    begin: timeOf(begin),
    end: timeOf(last),
    how: last.kind === 'end' ? last.how : isUnderWay ? 'under way' : 'killed',
    ...{ fromStep: begin.fromStep, step: Math.max(begin.fromStep, ...steps) },
    ...{ workers: begin.workers, engine: begin.engine },
    incidents: events.flatMap((event) => (event.kind === 'worker' ? [incidentOf(event)] : [])),
    checkpoints: events.flatMap((event) =>
      event.kind === 'checkpoint' ? [{ time: timeOf(event), step: event.step }] : [],
    ),
  };
}

const timeOf = ({ time }: SessionEvent): number => Date.parse(time);

function incidentOf(event: Extract<SessionEvent, { kind: 'worker' }>): Incident {
  const { step, worker, state, reason } = event;
  return { time: timeOf(event), step, worker, state, ...(reason === undefined ? {} : { reason }) };
}
