/** Faults in what the pages show, and in whom their server answers. */
import type { Mutant } from '../mutant.ts';
import { sources, tests } from '../places.ts';

export const pageFaults: readonly Mutant[] = [
  {
    name: "a curve's spikes are lost where its ranges become wider",
    file: sources.decimation,
    find: 'greatest.y > into.greatest.y',
    replace: 'greatest.y < into.greatest.y',
    witness: {
      file: tests.decimation,
      test: 'A long series > keeps its extremes, their places and its order in 16 ranges',
    },
  },
  {
    name: 'a drawn digit is not moved to its centre of mass',
    file: sources.drawnDigit,
    find: 'const [fromX, fromY] = [x - dx, y - dy];',
    replace: 'const [fromX, fromY] = [x - dx, y];',
    witness: {
      file: tests.predictInPage,
      test: 'A drawing as an image > stands in a box of 20 x 20, its centre of mass in the middle',
    },
  },
  {
    name: 'the page predicts without the spectra of its weights',
    file: sources.predictInPage,
    find: '  for (const { derive } of engine.derivations) derive(place.packed);\n',
    replace: '',
    witness: {
      file: tests.predictInPage,
      test: 'fourierNetwork > has the bits that predict gives, relaxed kernels, shared memory: true',
    },
  },
  {
    name: 'the server answers to any host',
    file: sources.serveGuard,
    find: 'if (!isOwn)',
    replace: 'if (!isOwn && host === "")',
    witness: { file: tests.server, test: 'another host is refused' },
  },
  {
    name: 'the server answers to any origin',
    file: sources.serveGuard,
    find: 'if (origin !== undefined && ',
    replace: "if (origin === '' && ",
    witness: { file: tests.server, test: 'another origin is refused' },
  },
  {
    name: 'metrics that were cut back by a resumed run are kept beside the new ones',
    file: sources.followLines,
    find: 'if (ino !== inode || size < end) forget(reader);',
    replace: 'if (size < end) end = 0;',
    witness: {
      file: tests.readMetrics,
      test: 'While they are written > a file that is cut back is read anew',
    },
  },
];
