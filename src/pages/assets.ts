/** What `scripts/build-pages.ts` has made for the browser. */
import { readFile } from 'node:fs/promises';
import { inputError } from '../errors.ts';

export const assetNames = ['page.js', 'page.css', 'predictor.js'] as const;
export type AssetName = (typeof assetNames)[number];

/** @throws GradpoolError where it is not built */
export async function readAsset(name: AssetName): Promise<string> {
  const url = new URL(`../../build/pages/${name}`, import.meta.url);
  try {
    return await readFile(url, 'utf8');
  } catch (cause) {
    throw inputError(`Could not read a part of the page at ${url.pathname}; run \`npm run setup\``, cause);
  }
}
