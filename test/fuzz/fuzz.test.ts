import { expect, test } from 'vitest';
import { fuzz } from '../../testing/fuzz/readers.ts';

const results = await fuzz(4000, 7);

test.for(Object.entries(results))('damaged files are refused clearly or read rightly: %s', ([, result]) => {
  expect(result.failures).toEqual([]);
  expect(result.refused, 'damage that does none would show nothing').toBeGreaterThan(result.inputs / 10);
});
