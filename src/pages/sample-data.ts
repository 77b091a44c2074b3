import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../files/open-file.ts';
import type { SampleData } from './page-data.ts';

/** The newest picture that `gradpool gan` has written into a run. @returns undefined where there is none */
export async function readSample(run: string): Promise<SampleData | undefined> {
  const folder = join(run, 'samples');
  const names = await readdir(folder).catch((): string[] => []);
  const name = names
    .filter((one) => pattern.test(one))
    .toSorted()
    .at(-1);
  if (name === undefined) return undefined;
  const bytes = await readBoundedFile(join(folder, name), mostBytes);
  const png = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  return { step: Number(pattern.exec(name)?.[1]), png };
}

const pattern = /^step-(\d{8})\.png$/;

/** Of a picture: a page that holds it shall stay small. */
const mostBytes = 4 * 2 ** 20;
