/**
 * The faults that `npm run test:mutants` seeds, one at a time, by area in faults/. To add one: name what is then wrong, give a piece of
 * the source that occurs exactly once in its file and what to put there, and the one test that has to notice. Choose
 * faults that somebody could make, and the test that is about the promise which they break.
 */
import { engineFaults } from './faults/engines.ts';
import { fitFaults } from './faults/fit.ts';
import { ganFaults } from './faults/gan.ts';
import { layerFaults } from './faults/layers.ts';
import { pageFaults } from './faults/pages.ts';
import { runFaults } from './faults/runs.ts';
import { sequenceFaults } from './faults/sequences.ts';
import { settingsFaults } from './faults/settings.ts';
import { stepFaults } from './faults/steps.ts';
import { streamFaults } from './faults/streams.ts';
import { watchingFaults } from './faults/watching.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  ...stepFaults,
  ...engineFaults,
  ...layerFaults,
  ...sequenceFaults,
  ...runFaults,
  ...watchingFaults,
  ...pageFaults,
  ...fitFaults,
  ...streamFaults,
  ...ganFaults,
  ...settingsFaults,
];
