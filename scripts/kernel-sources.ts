/** The AssemblyScript of the kernels: what stands in assembly/, and what the generators write beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complexTilesModule } from '../src/kernels/generators/complex-tile.ts';
import { fourierModule } from '../src/kernels/generators/fourier.ts';
import { skippingTilesModule } from '../src/kernels/generators/skipping-tile.ts';
import { tilesModule } from '../src/kernels/generators/tile.ts';
import { treeTilesModule } from '../src/kernels/generators/tree-tile.ts';
import { winogradModule } from '../src/kernels/generators/winograd.ts';
import type { KernelVariant } from '../src/kernels/variants.ts';

/** Texts by file name. */
export type Sources = Readonly<Record<string, string>>;

/** From the project's root. */
export const assemblyPath = 'src/kernels/assembly';

/** What stands in assembly/. */
export function readAssembly(root: string): Sources {
  const names = readdirSync(join(root, assemblyPath)).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(root, assemblyPath, name), 'utf8')]),
  );
}

/** What the generators write for a build. */
export const generatedModules = ({
  tileRows,
  tileVectors,
  narrowRows,
}: Pick<KernelVariant, 'tileRows' | 'tileVectors' | 'narrowRows'>): Sources => ({
  'tiles.ts': tilesModule(tileRows, tileVectors, narrowRows),
  'complex-tiles.ts': complexTilesModule(Math.floor(tileRows / 2), tileVectors),
  'skipping-tiles.ts': skippingTilesModule(),
  'tree-tiles.ts': treeTilesModule(tileRows, tileVectors),
  'fourier-lines.ts': fourierModule(),
  'winograd-lines.ts': winogradModule(),
});
