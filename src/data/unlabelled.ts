import { shape as checkedShape, object } from '../check.ts';
import { inputError } from '../errors.ts';
import { sizeOf } from '../shape.ts';
import { counted } from '../shown.ts';
import { checkedInputs, type Dataset, type DatasetInit, datasetFrom } from './dataset.ts';

/** Examples whose classes nobody says. */
export type Examples = Pick<DatasetInit, 'inputs' | 'shape'>;

/**
 * A data set of examples without labels, for prediction: each gets class 0, of one class.
 * @throws GradpoolError when these are no arrays, or `inputs` does not hold whole examples, or none
 */
export function unlabelled(examples: Examples): Dataset {
  const fields = object(examples, 'examples', 'pass { inputs, shape }, or a data set');
  const shape = checkedShape(fields.shape, 'examples.shape');
  const inputs = checkedInputs(fields.inputs, 'examples.inputs');
  const size = sizeOf(shape);
  const count = Math.floor(inputs.length / size);
  if (count === 0 || inputs.length !== count * size)
    throw inputError(
      `Expected \`examples.inputs\` to hold at least one example, and whole examples of ${counted(size, 'value')} (shape [${shape.join(', ')}]), got ${counted(inputs.length, 'value')}`,
    );
  return datasetFrom({ inputs, labels: new Uint8Array(count), shape, classes: 1 }, 'examples.');
}
