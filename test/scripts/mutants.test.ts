import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mutants } from '../../scripts/mutants/list.ts';
import { withFault } from '../../scripts/mutants/workshop.ts';

const root = join(import.meta.dirname, '..', '..');

describe('the faults of `npm run test:mutants`', () => {
  test('are at least 15, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(15);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test.for(mutants)('have a place in the sources, once: $name', (mutant) => {
    const changed = withFault(root, mutant);
    expect(changed).not.toBe(withFault(root, { ...mutant, replace: mutant.find }));
    expect(existsSync(join(root, mutant.witness.file))).toBe(true);
  });

  test('are refused where the place is missing or not the only one', () => {
    const [mutant] = mutants;
    expect(() => withFault(root, { ...mutant, find: 'no such text' })).toThrow(/once, got 0 times/);
    expect(() => withFault(root, { ...mutant, find: 'import' })).toThrow(/once, got \d+ times/);
  });
});
