/** Where the masks of recurrent layers come from, as TensorFlow.js hands them on. */
import type { Call } from './builder.ts';

const recurrent: ReadonlySet<string> = new Set(['SimpleRNN', 'LSTM', 'GRU', 'Bidirectional']);

export const isRecurrent = ({ className }: Call): boolean => recurrent.has(className);

/** Layers behind which the mask is that before them. */
const passing: ReadonlySet<string> = new Set([
  ...['Activation', 'BatchNormalization', 'Dense', 'LayerNormalization', 'PReLU', 'ReLU'],
  ...recurrent,
]);

/** The layer whose mask comes with a call's output; an embedding's may be turned off. */
export function maskRoot(calls: ReadonlyMap<string, Call>, id: string): Call | undefined {
  const call = calls.get(id);
  if (call === undefined) return undefined;
  const { className, reads } = call;
  if (className === 'Masking' || className === 'Embedding') return call;
  return passing.has(className) && reads.length === 1 ? maskRoot(calls, reads[0]) : undefined;
}

/** Whether it does tell one. */
export const masks = ({ className, config }: Call): boolean =>
  className === 'Masking' || config.mask_zero === true;
