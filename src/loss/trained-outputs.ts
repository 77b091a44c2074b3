/** What of a network's outputs a training minimizes. */
import { type End, outputEnds } from '../model/ends.ts';
import type { Network } from '../model/network.ts';
import type { Loss, ModelLoss } from './loss.ts';
import { lossRows } from './traits.ts';

/** An output with its loss. */
export interface TrainedOutput extends End {
  readonly loss: Loss;
  /** What its loss is multiplied by. */
  readonly weight: number;
  /** How many rows have a loss of their own. */
  readonly rows: number;
}

/** In the order of the model's outputs. */
export function trainedOutputs(network: Network, loss: ModelLoss): readonly TrainedOutput[] {
  const ends = outputEnds(network);
  const each = 'name' in loss ? [{ ...loss, weight: 1 }] : loss;
  return each.map((one, place) => {
    const [{ weight }, end] = [one, ends[place]];
    return { ...end, loss: one, weight, rows: lossRows(one.name, { output: end.shape }) };
  });
}
