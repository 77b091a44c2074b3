/** Functions of the caller's that are told of events: what they throw or reject is the call's failure. */

export interface Listener<Event> {
  /** Calls the function, unless it has failed. Never throws. @returns what settles with its promise, of an event that is waited for */
  tell(event: Event): Promise<void> | undefined;
  /** Aborted by the first failure: of the function, or of the work. */
  readonly failed: AbortSignal;
  /**
   * What `work` comes to, once all promises of the function are settled.
   * @throws what failed first, the very same object
   */
  outcome<T>(work: Promise<T>): Promise<T>;
}

/**
 * @param callback may return a promise; an error in it must not end the coordinator's thread in the middle of a step
 * @param isAwaited whether who tells an event waits for that promise
 */
export function listenWith<Event>(
  callback: (event: Event) => unknown,
  isAwaited: (event: Event) => boolean = () => false,
): Listener<Event> {
  const controller = new AbortController();
  const pending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    controller.abort();
  };
  const wait = (answer: PromiseLike<unknown>): Promise<void> => {
    const settled = Promise.resolve(answer)
      .then(() => {}, fail)
      .finally(() => pending.delete(settled));
    pending.add(settled);
    return settled;
  };
  return {
    failed: controller.signal,
    tell(event) {
      if (failure !== undefined) return undefined;
      try {
        const answer = callback(event);
        const settled = isThenable(answer) ? wait(answer) : undefined;
        return isAwaited(event) ? settled : undefined;
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    async outcome(work) {
      const done = await work.then(
        (value) => ({ value }),
        (error: unknown) => {
          fail(error);
        },
      );
      await Promise.all(pending);
      if (done === undefined || failure !== undefined) throw failure?.error;
      return done.value;
    },
  };
}

/**
 * A signal that is aborted with any of these. They may be of another realm or a polyfill, which AbortSignal.any
 * refuses.
 * @returns with `release`, which takes the listeners away: a signal may live longer than many calls
 */
export function anyOf(...signals: readonly AbortSignal[]): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of signals)
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';
