/** Compiles the kernels to build/kernels/*.wasm, unless they are there and made from the same sources. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { complexTilesModule } from '../src/engine/wasm/kernels/complex-tile.ts';
import { fourierModule } from '../src/engine/wasm/kernels/fourier.ts';
import { skippingTilesModule } from '../src/engine/wasm/kernels/skipping-tile.ts';
import { tilesModule } from '../src/engine/wasm/kernels/tile.ts';
import { type KernelVariant, kernelVariants } from '../src/engine/wasm/kernels/variants.ts';

/** Shared memory; 4 GiB is the most that the module accepts, the trainer asks for less. */
const options = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--importMemory',
  '--sharedMemory',
  '--maximumMemory',
  '65536',
  '--enable',
  'simd',
  '--enable',
  'threads',
];

const root = join(import.meta.dirname, '..');
const sources = join(root, 'src/engine/wasm/kernels/assembly');
const target = join(root, 'build/kernels');
const stampPath = join(target, 'sources.sha256');

const stamp = sourcesHash();
if (read(stampPath) !== stamp) {
  mkdirSync(target, { recursive: true });
  for (const variant of kernelVariants) await compile(variant);
  writeWhole(stampPath, stamp);
}

async function compile(variant: KernelVariant): Promise<void> {
  const generated: Readonly<Record<string, string>> = {
    'tiles.ts': tilesModule(variant.tileRows, variant.tileVectors),
    'complex-tiles.ts': complexTilesModule(Math.floor(variant.tileRows / 2), variant.tileVectors),
    'skipping-tiles.ts': skippingTilesModule(),
    'fourier-lines.ts': fourierModule(),
  };
  const files = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'kernels.wasm', ...options, ...variant.options],
    {
      readFile: (name) => generated[name] ?? read(join(sources, name)),
      writeFile: (name, contents) => void files.set(name, contents),
      listFiles: () => [],
    },
  );
  const wasm = files.get('kernels.wasm');
  if (error !== null || wasm === undefined)
    throw new Error(`Could not compile the ${variant.name} kernels: ${stderr.toString()}`, { cause: error });
  writeWhole(join(target, `${variant.name}.wasm`), wasm);
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([kernelVariants, options, asc.version]));
  hash.update(tilesModule(2, 2));
  hash.update(complexTilesModule(2, 2));
  hash.update(skippingTilesModule());
  hash.update(fourierModule());
  for (const name of readdirSync(sources).sort()) hash.update(`${name}\0${read(join(sources, name))}\0`);
  return hash.digest('hex');
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whole or absent: a set-up may be interrupted. */
function writeWhole(path: string, contents: string | Uint8Array): void {
  writeFileSync(`${path}.${process.pid}.tmp`, contents);
  renameSync(`${path}.${process.pid}.tmp`, path);
}
