/** Modules and functions that watch a training: they hear everything, and nothing that becomes of them reaches it. */
import { messageOf } from '../errors.ts';
import type { GanEvent, GanResult } from '../protocol/gan.ts';
import type { TrainEvent, TrainResult } from '../protocol/requests.ts';

/** The end of a training, the last that an observer is told. */
export interface EndEvent<Result> {
  readonly kind: 'end';
  /** Absent where the training failed. */
  readonly result?: Result;
  /** Why it failed. */
  readonly error?: string;
}

/** What an observer is told: all events in their order, and the end. */
export type ObserverEvent = TrainEvent | EndEvent<Omit<TrainResult, 'parameters'>>;

/**
 * Is told of every event. It may return a promise, which the training does not wait for, but the call does at its end.
 * Where it throws or rejects, that is told in a notice, it is not called again, and the training goes on.
 */
export type Observer = (event: ObserverEvent) => unknown;

/** What the observer of a GAN is told: all events in their order, and the end. */
export type GanObserverEvent = GanEvent | EndEvent<Omit<GanResult, 'generator' | 'discriminator'>>;

/** The same for `trainGan`. */
export type GanObserver = (event: GanObserverEvent) => unknown;

export interface Observing<Event> {
  tell(event: Event): void;
  /** Resolves when every promise of the observers is settled. */
  settled(): Promise<void>;
}

/** @param onFailure is told in a line that an observer failed */
export function observing<Event>(
  observers: readonly ((event: Event) => unknown)[],
  onFailure: (text: string) => void,
): Observing<Event> {
  const left = new Set(observers);
  const pending = new Set<Promise<void>>();
  const failed = (observer: (event: Event) => unknown, error: unknown) => {
    if (!left.delete(observer)) return;
    const name = observer.name === '' || observer.name === 'default' ? '' : ` ${observer.name}`;
    onFailure(
      `the observer${name} failed and is told nothing more, the training goes on: ${messageOf(error)}`,
    );
  };
  return {
    tell(event) {
      for (const observer of left) {
        try {
          const answer = Promise.resolve(observer(event)).then(
            () => {},
            (error: unknown) => failed(observer, error),
          );
          pending.add(answer);
          void answer.finally(() => pending.delete(answer));
        } catch (error) {
          failed(observer, error);
        }
      }
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

export interface Hearing<Event, End> {
  readonly onEvent?: ((event: Event | Notice) => unknown) | undefined;
  readonly observers?: readonly ((event: Event | Notice | EndEvent<End>) => unknown)[] | undefined;
}

type Notice = Extract<TrainEvent, { kind: 'notice' }>;

/**
 * Does the work of a training, and tells its observers too.
 * @param plain what they are told of its result
 */
export async function observed<Event, Result, End>(
  { onEvent, observers = [] }: Hearing<Event, End>,
  plain: (result: Result) => End,
  work: (onEvent: ((event: Event | Notice) => unknown) | undefined) => Promise<Result>,
): Promise<Result> {
  if (observers.length === 0) return work(onEvent);
  const watchers = observing(observers, (text) => onEvent?.({ kind: 'notice', text }));
  try {
    const result = await work((event) => {
      watchers.tell(event);
      return onEvent?.(event);
    });
    watchers.tell({ kind: 'end', result: plain(result) });
    return result;
  } catch (error) {
    watchers.tell({ kind: 'end', error: messageOf(error) });
    throw error;
  } finally {
    await watchers.settled();
  }
}
