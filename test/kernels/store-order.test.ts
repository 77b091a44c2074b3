import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedModules, readAssembly } from '../../scripts/kernel-sources.ts';
import { kernelVariants } from '../../src/kernels/variants.ts';

const root = join(import.meta.dirname, '..', '..');

/** Base and offset of a line that stores a vector. */
function storeOf(line: string): { base: string; offset: number } | undefined {
  const [, base, offset] = /^\s*v128\.store\((.+?), .*?(?:, (\d+))?\);$/.exec(line) ?? [];
  return base === undefined ? undefined : { base, offset: Number(offset ?? 0) };
}

/** Lines that store behind what the line before them stores. */
const ascending = (text: string): string[] => {
  const lines = text.split('\n');
  return lines.filter((line, index) => {
    const [before, store] = [storeOf(lines[index - 1] ?? ''), storeOf(line)];
    return before && store && before.base === store.base && before.offset + 16 === store.offset;
  });
};

// V8 writes the lower half once more, alone, where it fuses a pair that is stored from the lower address up.
test.each(Object.entries({ ...readAssembly(root), ...generatedModules(kernelVariants[0]) }))(
  '%s stores neighbouring vectors from the highest address down',
  (_, text) => {
    expect(ascending(text)).toEqual([]);
  },
);

test('a pair in the other order is found', () => {
  expect(ascending('  v128.store(to, low);\n  v128.store(to, high, 16);')).toHaveLength(1);
  expect(ascending('  v128.store(to, high, 16);\n  v128.store(to, low, 0);')).toEqual([]);
});
