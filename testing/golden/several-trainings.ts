/** The trainings of models with several inputs and outputs, and layers that they share; see trainings.ts. */
import { type FitArgs, fit } from '../../src/index.ts';
import { denseModels } from '../zoo/dense-models.ts';
import { compiled, dataFor } from '../zoo/training.ts';
import { type Bits, bitsOf } from './trainings.ts';

export const severalFitCases = [
  'two inputs and two outputs',
  'a siamese network, whose layers two images share',
  "a VAE's dense parts, with a loss for each output",
].map((name) => ({ name, one: denseModels[name] }));

/** Nine examples, twice, in batches of 4. */
export async function severalFitCase(
  { one }: (typeof severalFitCases)[number],
  how: Pick<FitArgs, 'workers' | 'simd'>,
): Promise<Bits> {
  const model = compiled(one, 'drawn');
  const [x, y] = dataFor(model, one);
  const { history } = await fit(model, x, y, { batchSize: 4, epochs: 2, workers: 1, ...how });
  return bitsOf(model, Object.values(history).flat().map(Number));
}
