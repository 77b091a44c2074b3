/**
 * A model, not a measurement: what a step would take on more machines than were measured, out of the parts of one on two.
 * Machines compute their shares at once; an allreduce of n machines (Rabenseifner's) sends 2 (n - 1) / n times the
 * gradient each way in 2 log2(n) messages, one after the other, and the losses go round in log2(n) more.
 */
export interface MeasuredParts {
  /** Milliseconds an image on one machine: forward, backward and its part of the sums. */
  readonly image: number;
  /** Milliseconds of a step whatever the batch: the update. */
  readonly fixed: number;
  /** Milliseconds of an allreduce between two machines, and of a message that carries nothing else. */
  readonly allreduce: number;
  readonly message: number;
}

/** Milliseconds of a step. @param machines a power of two */
export function stepTime(
  { image, fixed, allreduce, message }: MeasuredParts,
  machines: number,
  batch: number,
) {
  const computing = (image * batch) / machines + fixed;
  if (machines === 1) return computing;
  const rounds = Math.log2(machines);
  // Between two it sends the gradient once each way, in two messages.
  const carrying = Math.max(0, allreduce - 2 * message) * 2 * (1 - 1 / machines);
  return computing + carrying + 3 * rounds * message;
}

/** The batch below which so many machines take longer than half as many. */
export function leastBatch(parts: MeasuredParts, machines: number): number {
  const exchanging = (count: number) => stepTime(parts, count, 0);
  const saved = parts.image * (2 / machines - 1 / machines);
  return Math.ceil((exchanging(machines) - exchanging(machines / 2)) / saved);
}
