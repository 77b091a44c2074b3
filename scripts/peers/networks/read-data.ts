import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, dataset } from '../../../src/data/dataset.ts';
import { idxLabels, readIdx } from '../../../src/formats/idx/idx.ts';
import type { Shape } from '../../../src/shape.ts';

/** What the networks are trained on, as examples of a shape: images, vectors and sequences of bytes, or words. */
export async function readPeerData(directory: string, shape: Shape): Promise<Dataset> {
  const path = (stem: string) =>
    join(directory, `${readdirSync(directory).find((name) => name.startsWith(stem))}`);
  const inputs = await readIdx(path('train-images'), { types: ['uint8', 'int32'], dimensions: [2, 3, 4] });
  const labels = await readIdx(path('train-labels'), idxLabels);
  return dataset({ inputs: inputs.values, labels: labels.values, shape });
}
