import { inputError } from '../errors.ts';
import { sizeOf } from '../model/network.ts';
import { type Dataset, type DatasetInit, dataset } from './dataset.ts';

/** Examples whose classes nobody says. */
export type Examples = Pick<DatasetInit, 'inputs' | 'shape'>;

/**
 * A data set of examples without labels, for prediction: each gets class 0, of one class.
 * @throws GradpoolError when `inputs` does not hold whole examples, or none
 */
export function unlabelled({ inputs, shape }: Examples): Dataset {
  const size = sizeOf(shape);
  const count = Math.floor(inputs.length / size);
  if (inputs.length !== count * size)
    throw inputError(
      `Expected \`inputs\` to hold whole examples of ${size} values (shape [${shape.join(', ')}]), got ${inputs.length} values`,
    );
  return dataset({ inputs, labels: new Uint8Array(count), shape, classes: 1 });
}
