/** Faults in the step of a GAN. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const equalToPlain: Witness = {
  file: tests.plainGan,
  test: 'both networks change in 10 steps as in plain TensorFlow.js',
};

const withSeveralUpdates: Witness = {
  file: tests.plainGan,
  test: 'both networks change in 4 steps as in plain TensorFlow.js with 2 and 3 updates each',
};

export const ganFaults: readonly Mutant[] = [
  {
    name: 'real and generated examples are swapped in the loss',
    file: sources.ganSessions,
    find: 'row < rows ? 1 - labelSmoothing : 0',
    replace: 'row < rows ? 0 : 1 - labelSmoothing',
    witness: equalToPlain,
  },
  {
    name: "a GAN's generator learns from the discriminator of the beginning",
    file: sources.gan,
    find: '        await hands.discriminatorToCombined();\n',
    replace: '',
    witness: equalToPlain,
  },
  {
    name: "both phases of a GAN's step take the same noise",
    file: sources.ganNoise,
    find: '(2 * step + 1) % 2 ** 32',
    replace: '(2 * step) % 2 ** 32',
    witness: { file: tests.ganNoise, test: 'no two phases of a training share their noise' },
  },
  {
    name: "a GAN's generator moves the discriminator behind it",
    file: sources.ganCombined,
    find: '{ trainable: false }',
    replace: '{ trainable: true }',
    witness: withSeveralUpdates,
  },
  {
    name: "a GAN's noise depends on the workers",
    file: sources.ganPlayers,
    find: 'noiseStream.ofGenerator(number)',
    replace: 'noiseStream.ofGenerator(number + request.config.workers)',
    witness: { file: tests.ganBits, test: 'a GAN has the same bits after 40 steps with 1 and 2 workers.' },
  },
  {
    name: "a GAN's running averages move twice",
    file: sources.weightUpdates,
    find: 'learningRate: -1 }',
    replace: 'learningRate: -2 }',
    witness: equalToPlain,
  },
  {
    name: 'an update of a GAN that was left out counts as made',
    file: sources.ganPlayers,
    find: '          skippedSteps = [...skippedSteps, step];',
    replace: '          made++;\n          skippedSteps = [...skippedSteps, step];',
    witness: {
      file: tests.gan,
      test: 'updates that are not finite end a GAN, or are left out of it and recorded.',
    },
  },
];
