/** When threads may start: with engines that start alone one after the other, each while nobody works. */
export interface StartTurns {
  /** Calls `start` now, or when its turn has come. */
  ask(worker: number, start: () => void): void;
  /** Whether work has to wait: somebody starts or is about to. */
  isStarting(): boolean;
  /** The worker's start has ended, well or not, or it is not wanted any more. */
  done(worker: number): void;
  /** Somebody has ended a task. */
  proceed(): void;
}

/** For engines that may start at any time. */
export const anyTime: StartTurns = {
  ask: (_, start) => start(),
  isStarting: () => false,
  done() {},
  proceed() {},
};

/** @param anyBusy whether a worker is doing a task */
export function oneByOne(anyBusy: () => boolean): StartTurns {
  const waiting = new Map<number, () => void>();
  let starting: number | undefined;
  const turns: StartTurns = {
    ask(worker, start) {
      waiting.set(worker, start);
      turns.proceed();
    },
    isStarting: () => starting !== undefined || waiting.size > 0,
    done(worker) {
      waiting.delete(worker);
      if (starting === worker) starting = undefined;
      turns.proceed();
    },
    proceed() {
      const [next] = waiting;
      if (next === undefined || starting !== undefined || anyBusy()) return;
      const [worker, start] = next;
      waiting.delete(worker);
      starting = worker;
      start();
    },
  };
  return turns;
}
