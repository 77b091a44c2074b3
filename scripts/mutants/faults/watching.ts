/** Faults in what is told of a training. */
import type { Mutant } from '../mutant.ts';
import { sources, tests } from '../places.ts';

export const watchingFaults: readonly Mutant[] = [
  {
    name: "an event after the checkpoint stays in TensorBoard's files",
    file: sources.cutEventFiles,
    find: 'stepOfEvent(data) > step',
    replace: 'stepOfEvent(data) > step + 1',
    witness: {
      file: tests.eventFiles,
      test: 'files are cut at the first event that is later, torn or broken, and stay whole.',
    },
  },
  {
    name: 'the confusion matrix is by predicted class first',
    file: sources.classes,
    find: 'matrix[label][predicted[example]]++',
    replace: 'matrix[predicted[example]][label]++',
    witness: {
      file: tests.evaluation,
      test: 'after 60 steps of training > the confusion matrix counts every example once, by its label and its predicted class',
    },
  },
  {
    name: 'recall is the share of what was taken for a class',
    file: sources.classReport,
    find: 'recall: share(right, examples)',
    replace: 'recall: share(right, taken)',
    witness: {
      file: tests.classReport,
      test: 'precision, recall and F1 are those of the definition, and 0 where nothing was taken or there.',
    },
  },
];
