/** A run in a few words, out of what lies in its directory. Nothing is written or locked, also while it is trained. */
import { readRunFields } from '../../pages/read-run.ts';
import { listCheckpoints, stepOf } from '../../run/checkpoint.ts';
import type { MetricsEvent } from '../../run/metrics.ts';
import { followMetrics } from '../../run/read/read-metrics.ts';
import { trainingNow } from '../../run/read/training-now.ts';
import { readSessions } from '../../run/sessions/read-sessions.ts';
import type { SessionEvent } from '../../run/sessions/session-log.ts';

export interface RunSummary {
  readonly run: string;
  readonly kind: 'training' | 'gan';
  /** 'ended': its process was killed, or the run is older than the record of that. */
  readonly state: 'running' | 'done' | 'stopped' | 'failed' | 'ended' | 'not begun';
  /** The last one that is reported or saved, and steps in all; null where that is not known. */
  readonly step: number;
  readonly steps: number | null;
  /** Of the last report; of a GAN the discriminator's and the generator's. */
  readonly losses: readonly number[];
  readonly accuracy: number | null;
  /** Of the last evaluation. */
  readonly test: Readonly<Record<string, number>> | null;
  /** Of all its parts; null where that is not known. */
  readonly seconds: number | null;
  readonly engine: string;
  readonly workers: number | null;
  /** Lines of its metrics that could not be read. */
  readonly unreadable: number;
}

/** @throws GradpoolError where the directory is no run, or a newer version's */
export async function summaryOf(run: string): Promise<RunSummary> {
  const fields = await readRunFields(run);
  const [{ last, unreadable }, sessions, holder] = await Promise.all([
    lastEvents(run),
    readSessions(run),
    trainingNow(run),
  ]);
  const isGan = fields.kind === 'gan';
  const saved = Number(stepOf((await listCheckpoints(isGan ? `${run}/generator` : run))[0] ?? '') ?? 0);
  const begun = sessions.findLast((event) => event.kind === 'begin');
  const told = sessions.reduce((most, event) => ('step' in event ? Math.max(most, event.step) : most), 0);
  const reported = Math.max(0, ...Object.values(last).map((event) => event?.step ?? 0));
  const step = last.step;
  return {
    run,
    kind: isGan ? 'gan' : 'training',
    state: stateOf(holder !== undefined, sessions, Math.max(saved, reported)),
    step: Math.max(Number.isFinite(saved) ? saved : 0, reported, told),
    steps: begun?.steps ?? (typeof fields.steps === 'number' ? fields.steps : null),
    losses: lossesOf(last),
    accuracy: step?.accuracy ?? null,
    test: last.evaluation === undefined ? null : measuresIn(last.evaluation),
    seconds: secondsOf(sessions, holder !== undefined),
    engine: begun?.engine ?? String(fields.engine ?? ''),
    workers: begun?.workers ?? (typeof fields.workers === 'number' ? fields.workers : null),
    unreadable,
  };
}

/** The last event of each kind. */
type Last = { readonly [Kind in MetricsEvent['kind']]?: Extract<MetricsEvent, { kind: Kind }> };

async function lastEvents(run: string): Promise<{ readonly last: Last; readonly unreadable: number }> {
  const metrics = followMetrics(run);
  let last: Record<string, MetricsEvent> = {};
  await metrics.read({
    anew() {
      last = {};
    },
    event(event) {
      last[event.kind] = event;
    },
  });
  return { last: last as Last, unreadable: metrics.unreadable() };
}

function stateOf(isRunning: boolean, sessions: readonly SessionEvent[], step: number): RunSummary['state'] {
  if (isRunning) return 'running';
  const last = sessions.findLast(({ kind }) => kind === 'begin' || kind === 'end');
  if (last?.kind === 'end') return last.how;
  return step > 0 || last !== undefined ? 'ended' : 'not begun';
}

const lossesOf = (last: Last): number[] => {
  const gan = last['gan step'];
  if (gan !== undefined) return [gan.discriminatorLoss, gan.generatorLoss].map((loss) => loss ?? Number.NaN);
  return last.step === undefined ? [] : [last.step.loss];
};

const measuresIn = ({ loss, accuracy, metrics }: Extract<MetricsEvent, { kind: 'evaluation' }>) => ({
  loss,
  ...(accuracy === undefined ? {} : { accuracy }),
  ...metrics,
});

/** From the beginning of each part to its end or, where it was killed, to the last that is known of it. */
function secondsOf(sessions: readonly SessionEvent[], isRunning: boolean): number | null {
  if (sessions.length === 0) return null;
  let total = 0;
  let [from, to] = [0, 0];
  for (const { kind, time } of sessions) {
    const at = Date.parse(time);
    if (kind === 'begin') {
      total += to - from;
      from = at;
    }
    to = at;
  }
  if (isRunning) to = Date.now();
  return (total + to - from) / 1000;
}
