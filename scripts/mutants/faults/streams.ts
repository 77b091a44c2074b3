/** Faults in trainings on batches that come while they go on. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const stream = (test: string): Witness => ({ file: tests.stream, test });

const equals = (test: string): Witness => ({
  file: tests.fitDatasetEquivalence,
  test: `weights and History are those of model.fitDataset > ${test}`,
});

const bits = (test: string): Witness => ({ file: tests.streamedSet, test });

export const streamFaults: readonly Mutant[] = [
  {
    name: 'a data set that streams comes in the same order in each epoch',
    file: sources.streamedSet,
    find: 'epochOrder(seed, epoch,',
    replace: 'epochOrder(seed, 0,',
    witness: bits('classes as targets: the bits of data in the memory, 1 workers'),
  },
  {
    name: 'a resumed epoch of a data set that streams is passed over in the order of the first',
    file: sources.streams,
    find: 'batchesPerEpoch === null ? epoch : undefined',
    replace: 'undefined',
    witness: bits(
      'A run that was ended in the middle of an epoch, or behind one, goes on with the bits of one that was not.',
    ),
  },
  {
    name: 'a resumed training on a stream takes other batches for those that it was trained on',
    file: sources.streams,
    find: 'if (pass.sha256 !== hash)',
    replace: 'if (false)',
    witness: {
      file: tests.fitDatasetResume,
      test: 'other data, fewer of them, fewer epochs and other lengths of epochs are refused in one line.',
    },
  },
  {
    name: 'a resumed training on a stream begins its pass anew',
    file: sources.streams,
    find: 'if (behind !== undefined) {',
    replace: 'if (false) {',
    witness: {
      file: tests.fitDatasetResume,
      test: 'a pass an epoch, ended after any step',
    },
  },
  {
    name: 'a batch of a stream is written where the one under way is read',
    file: sources.stream,
    find: '(batch % 2) * most',
    replace: '0 * most',
    witness: stream('while a batch is trained on, the next one is written into the other half of the room.'),
  },
  {
    name: 'a trainer of several outputs leaves the optimizer where it was',
    file: sources.stepwise,
    find: 'writeState(own, state, now)',
    replace: 'writeState(own, state, state)',
    witness: {
      file: tests.trainer,
      test: 'batches of several inputs and outputs > train as fit does, whose state goes on: the same bits, in lists and by name.',
    },
  },
  {
    name: 'a stream is asked for what nobody wants',
    file: sources.stream,
    find: 'if (hasMore) {',
    replace: '{',
    witness: stream('nothing is asked for beyond what is wanted, and a pass that is ended begins anew.'),
  },
  {
    name: 'a stream that ends early goes on with the next epoch',
    file: sources.streams,
    find: 'if (batchesPerEpoch === undefined) return endEpoch();',
    replace: 'return endEpoch();',
    witness: {
      file: tests.source,
      test: 'data that end early end the training, with what there was and a notice.',
    },
  },
  {
    name: 'the weights of classes are not those of the batch',
    file: sources.feed,
    find: 'if (place.weights !== undefined && classWeights !== undefined) {',
    replace: 'if (false) {',
    witness: equals('with weights of classes, from an epoch on, validated on a pair of tensors.'),
  },
  {
    name: 'a pass over the validation data has no end where it is told one',
    file: sources.evaluate,
    find: 'for (; batch < most; batch++) {',
    replace: 'for (; ; batch++) {',
    witness: equals('validated on a data set, on 2 batches of it.'),
  },
];
