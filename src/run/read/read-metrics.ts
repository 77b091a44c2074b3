/** A run's metrics.jsonl, event by event, also while a training writes it. */
import { isRecord } from '../fields.ts';
import { type MetricsEvent, mostMetricsBytes } from '../metrics.ts';
import { metricsPath } from '../run-directory.ts';
import { followLines } from './follow-lines.ts';

export interface MetricsReader {
  /** What was read before is void: a resumed run has cut its metrics back. */
  anew(): void;
  event(event: MetricsEvent): void;
}

export interface FollowedMetrics {
  /** Hands the events that were added since the last call to the reader. */
  read(reader: MetricsReader): Promise<void>;
  /** Lines that could not be read, a last one without its end not counted. */
  unreadable(): number;
}

/**
 * @throws GradpoolError, from each reading, where the file is none, or a line of it is too long
 */
export function followMetrics(run: string): FollowedMetrics {
  const lines = followLines(metricsPath(run), mostMetricsBytes);
  let unknown = 0;
  return {
    unreadable: () => lines.unreadable() + unknown,
    read: (reader) =>
      lines.read({
        anew() {
          unknown = 0;
          reader.anew();
        },
        line(fields) {
          const event = eventOf(fields);
          if (event === undefined) unknown++;
          else reader.event(event);
        },
      }),
  };
}

/** All events that are there. */
export async function readMetrics(
  run: string,
): Promise<{ readonly events: readonly MetricsEvent[]; readonly unreadable: number }> {
  let events: MetricsEvent[] = [];
  const metrics = followMetrics(run);
  await metrics.read({
    anew() {
      events = [];
    },
    event: (event) => void events.push(event),
  });
  return { events, unreadable: metrics.unreadable() };
}

/** What each kind has besides its step: numbers, of which JSON writes those that are not finite as null. */
const numbers: Readonly<Record<MetricsEvent['kind'], readonly string[]>> = {
  step: ['epoch', 'loss', 'steps_per_second'],
  'gan step': ['epoch', 'steps_per_second'],
  skipped: ['epoch'],
  evaluation: ['loss'],
};

/** What is absent where there is none, of any kind. */
const optional = ['accuracy', 'discriminatorLoss', 'generatorLoss'];

function eventOf(fields: Readonly<Record<string, unknown>>): MetricsEvent | undefined {
  const { kind, step, metrics } = fields;
  const isKnown = typeof kind === 'string' && Object.hasOwn(numbers, kind);
  if (!isKnown || !Number.isSafeInteger(step)) return undefined;
  const own = numbers[kind as MetricsEvent['kind']].map((name) => [name, numberOf(fields[name])] as const);
  if (own.some(([, value]) => value === undefined)) return undefined;
  return {
    ...fields,
    ...Object.fromEntries(own),
    ...Object.fromEntries(
      optional.flatMap((name) =>
        fields[name] === undefined ? [] : [[name, numberOf(fields[name]) ?? Number.NaN]],
      ),
    ),
    ...(metrics === undefined ? {} : { metrics: numbersIn(metrics) }),
  } as MetricsEvent;
}

const numberOf = (value: unknown): number | undefined =>
  value === null ? Number.NaN : typeof value === 'number' ? value : undefined;

const numbersIn = (metrics: unknown): Record<string, number> =>
  Object.fromEntries(
    Object.entries(isRecord(metrics) ? metrics : {}).map(([name, value]) => [
      name,
      numberOf(value) ?? Number.NaN,
    ]),
  );
