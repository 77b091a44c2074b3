/** The tensors of a batch, written where a training reads them. */
import { checkWords } from '../../coordinator/examples/check-words.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import type { TargetType } from '../../data/input-type.ts';
import { inputError } from '../../errors.ts';
import type { Network } from '../../model/network.ts';
import type { BatchPlace } from '../../protocol/stream.ts';
import { counted } from '../../shown.ts';
import { examplesOf, type Given, type Memory } from './examples.ts';

export interface GivenBatch extends Given {
  /** For messages. */
  readonly what: string;
}

/**
 * Copies a batch to its place.
 * @param takes what the loss of each output does
 * @returns the examples there
 * @throws GradpoolError where it does not fit the model, or is larger than its place
 */
export async function writeBatch(
  { what, ...given }: GivenBatch,
  network: Network,
  takes: readonly TargetType[],
  place: BatchPlace,
): Promise<ExampleSet> {
  const [count] = given.x[0].shape;
  if (count > place.most)
    throw inputError(
      `Expected \`${what}\` to hold at most ${counted(place.most, 'example')}, got ${count}; say with \`batchSize\` how many the largest batch has`,
    );
  const examples = await examplesOf(given, network, takes, at(place));
  checkWords(network, examples, `\`${what}\``);
  return examples;
}

const at = ({ memory, inputs, targets }: BatchPlace): Memory => ({
  inputs: (length) => new Float32Array(memory, inputs, length),
  targets: (length) => new Float32Array(memory, targets, length),
  classes: (length) => new Uint32Array(memory, targets, length),
});
