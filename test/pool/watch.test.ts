import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createWatch } from '../../src/pool/watch.ts';

test('the clock of the deadlines hardly goes on while this thread stands still, as in a process that is suspended.', async () => {
  let looks = 0;
  const watch = createWatch(() => looks++);
  onTestFinished(() => watch.close());
  await setTimeout(120);
  const before = watch.now();
  const until = performance.now() + 1000;
  while (performance.now() < until);
  await setTimeout(10);
  expect(watch.now() - before).toBeLessThanOrEqual(250);
  expect(before).toBeGreaterThanOrEqual(40);
  expect(looks).toBeGreaterThanOrEqual(2);
});
