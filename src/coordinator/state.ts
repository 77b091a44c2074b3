/** What a session holds from step to step besides its position, out and in. */
import type { TrainerState } from '../protocol/requests.ts';
import type { MemoryLayout } from '../protocol/tasks.ts';
import type { Session } from './session.ts';

/** Two buffers each: the optimizer's own arrays, and sums of gradients that wait for an update. */
export const optimizerBuffers = ({
  optimizerState,
  accumulated,
}: MemoryLayout): readonly (readonly [number, number])[] => [
  ...optimizerState,
  ...(accumulated === undefined ? [] : [accumulated]),
];

/** The same, and the average of the parameters. */
export const stateBuffers = (layout: MemoryLayout): readonly (readonly [number, number])[] => [
  ...optimizerBuffers(layout),
  ...(layout.average === undefined ? [] : [layout.average]),
];

/** Copies of them, each [parameterCount] in natural order. */
export async function stateArrays({ layout, read }: Session): Promise<Float32Array[]> {
  const arrays: Float32Array[] = [];
  for (const buffers of stateBuffers(layout)) arrays.push(await read(buffers));
  return arrays;
}

/**
 * Parameters and state, from natural order into a session. Arrays that the state does not have stay as they are; an average
 * begins as the parameters.
 */
export async function loadValues(
  { layout, load }: Session,
  { parameters, optimizer: { arrays } }: Pick<TrainerState, 'parameters' | 'optimizer'>,
): Promise<void> {
  await load(layout.parameters, parameters);
  const buffers = stateBuffers(layout);
  for (const [index, array] of arrays.entries()) await load(buffers[index], array);
  if (layout.average !== undefined && arrays.length < buffers.length) await load(layout.average, parameters);
}
