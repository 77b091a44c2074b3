import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ExampleSet } from '../../data/example-set.ts';
import type { TargetType } from '../../data/input-type.ts';
import type { Network } from '../../model/network.ts';
import { examplesOf, givenTensors } from '../tensors/examples.ts';

/**
 * @param given `validationData`, a pair
 * @param takes what the loss of each output does
 */
export function validationExamples(
  [x, y]: readonly unknown[],
  model: LayersModel,
  network: Network,
  takes: readonly TargetType[],
): Promise<ExampleSet> {
  const names = ['validationData[0]', 'validationData[1]'] as const;
  return examplesOf(givenTensors(model, [x, y], names), network, takes);
}
