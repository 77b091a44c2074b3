import { expect, test } from 'vitest';
import { layerPage, writtenPage } from '../../scripts/layer-table.ts';

test('docs/layers.md has the layers as the tables and the tests have them: `node scripts/layer-table.ts` writes it', () => {
  expect(writtenPage()).toBe(layerPage());
  expect(layerPage()).toMatch(/^\| Conv2D, .* \| conv2d \| yes \| yes \| /m);
});
