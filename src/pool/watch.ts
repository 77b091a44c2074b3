/** A clock in milliseconds that goes on only while this thread does, and somebody who looks at it. */
export interface Watch {
  now(): number;
  close(): void;
}

const tickMilliseconds = 50;

/**
 * Calls `look` at every tick. A tick that comes late counts as two at most: in a process that was suspended, or a
 * coordinator that was busy, nobody else may have had the time to do his work either.
 */
export function createWatch(look: () => void): Watch {
  let now = 0;
  let ticked = performance.now();
  const timer = setInterval(() => {
    const at = performance.now();
    now += Math.min(at - ticked, 2 * tickMilliseconds);
    ticked = at;
    look();
  }, tickMilliseconds);
  return {
    now: () => now,
    close: () => clearInterval(timer),
  };
}
