import type { OptimizerSettings } from '../../src/protocol.ts';

export interface PlainState {
  readonly parameters: Float32Array;
  readonly velocity: Float32Array;
}

/** One update as a plain loop. Every operation rounds to float32 by itself: `fround` of float64's is the same bits. */
export function plainSgd(
  { parameters, velocity }: PlainState,
  sum: Float32Array,
  examples: number,
  settings: OptimizerSettings,
): PlainState {
  const { fround } = Math;
  const [learningRate, momentum] = [fround(settings.learningRate), fround(settings.momentum)];
  const next = { parameters: parameters.slice(), velocity: velocity.slice() };
  for (let i = 0; i < parameters.length; i++) {
    const gradient = fround(sum[i] / examples);
    const speed = momentum === 0 ? gradient : fround(fround(momentum * velocity[i]) + gradient);
    if (momentum !== 0) next.velocity[i] = speed;
    next.parameters[i] = fround(parameters[i] - fround(learningRate * speed));
  }
  return next;
}
