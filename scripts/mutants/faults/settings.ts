/** Faults in what a training is set to do beside its steps: schedules, updates, augmentation, data, files of options. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const asKeras = (name: string): Witness => ({
  file: tests.kerasUpdates,
  test: `as Keras and PyTorch, on wasm > ${name}`,
});

const rates = (schedule: string, source: string, options: object): Witness => ({
  file: tests.schedules,
  test: `${schedule} has the rates of ${source} > in 130 steps: ${JSON.stringify(options)}`,
});

const changedBefore: Witness = {
  file: tests.augmentation,
  test: 'wasm > trains on what was changed before, normalized: true, and gets the same bits.',
};

export const settingsFaults: readonly Mutant[] = [
  {
    name: 'a warm-up counts as part of the schedule behind it',
    file: sources.schedules,
    find: 'rate(step - warmupSteps)',
    replace: 'rate(step)',
    witness: rates('cosine', 'keras CosineDecay with a warm-up', {
      ...{ schedule: 'cosine', decaySteps: 100, warmupSteps: 30, warmupLearningRate: 0 },
    }),
  },
  {
    name: 'oneCycle comes to its top a step late',
    file: sources.schedules,
    find: 'pctStart * decaySteps - 1',
    replace: 'pctStart * decaySteps',
    witness: rates('oneCycle', 'torch OneCycleLR', { schedule: 'oneCycle', decaySteps: 131 }),
  },
  {
    name: 'the last batch of an accumulated update counts as all of it',
    file: sources.updating,
    find: 'accumulated.examples + batchExamples',
    replace: 'batchExamples',
    witness: asKeras('accumulation of 4 batches'),
  },
  {
    name: 'a global norm clips each weight by its own',
    file: sources.updating,
    find: "clip.by === 'norm'",
    replace: "clip.by !== 'value'",
    witness: asKeras('clip by global norm'),
  },
  {
    name: 'the average of the parameters takes the shares the other way round',
    file: sources.update,
    find: '[momentum, 1 - momentum, ',
    replace: '[1 - momentum, momentum, ',
    witness: asKeras('the average of the parameters'),
  },
  {
    name: 'smooth labels of single values go to one of all classes',
    file: sources.smoothing,
    find: "smoothed[name] === 'values' ? 2 : size",
    replace: 'size',
    witness: asKeras('smooth labels of single values'),
  },
  {
    name: 'weights that are not to decay do',
    file: sources.updateSettings,
    find: 'kind === undefined || !weightDecayExclude.includes(kind)',
    replace: 'true',
    witness: asKeras('decay of all but normalisation'),
  },
  {
    name: 'augmentation goes by the place in a task instead of the batch',
    file: sources.preparing,
    find: 'position: position + at',
    replace: 'position: at',
    witness: {
      file: tests.augmentation,
      test: 'the bits are those of any number of workers, and of a run that was ended and resumed.',
    },
  },
  {
    name: 'what stands beyond the border of a normalized image is 0',
    file: sources.preparing,
    find: '  normalize(new Float32Array(channels), zero);\n',
    replace: '',
    witness: changedBefore,
  },
  {
    name: 'images are normalized by their variance',
    file: sources.normalize,
    find: 'one > 0 ? Math.sqrt(one) : 1',
    replace: 'one > 0 ? one : 1',
    witness: {
      file: tests.augmentedImages,
      test: 'normalized by their own mean and deviation, bytes have the mean 0 and the deviation 1 in each channel.',
    },
  },
  {
    name: 'classes of a table are numbered in the order in which they come',
    file: sources.table,
    find: 'texts.toSorted(byCodePoints);',
    replace: 'texts;',
    witness: {
      file: tests.csv,
      test: 'A table in CSV > has numbers and categories as inputs, and names of classes',
    },
  },
  {
    name: 'a split is the same for every seed of it',
    file: sources.split,
    find: 'randomWords(seed, ',
    replace: 'randomWords(1, ',
    witness: {
      file: tests.readData,
      test: 'Data without a test part > are split alike each time, and otherwise with another seed',
    },
  },
  {
    name: 'gates of hard sigmoids keep the slope of Keras 3',
    file: sources.kerasWeights,
    find: 'if (hasKeras3Gates) ',
    replace: 'if (!hasKeras3Gates) ',
    witness: {
      file: tests.formats,
      test: 'in a model with the ending ".keras" > cells on each other computes the same when it is read again.',
    },
  },
  {
    name: 'a file of options goes before what is typed',
    file: sources.configFile,
    find: "if (command.getOptionValueSource(name) === 'cli') continue;",
    replace: '',
    witness: { file: tests.configFile, test: 'what is typed goes before the file, whatever that says.' },
  },
];
