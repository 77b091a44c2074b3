/**
 * Compiles the kernels to build/kernels/*.wasm, unless they are there and made from the same sources, and writes what
 * TypeScript knows of them, src/kernels/kernels.ts and structs.ts (not with --modules: the set-up changes no source).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { type KernelVariant, kernelVariants } from '../src/kernels/variants.ts';
import { interfaceTexts } from './kernel-interface.ts';
import { generatedModules, readAssembly } from './kernel-sources.ts';

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
const sources = readAssembly(root);
const interfaces = join(root, 'src/kernels');
const target = join(root, 'build/kernels');
const stampPath = join(target, 'sources.sha256');

if (!process.argv.includes('--modules')) writeInterfaces();
const stamp = sourcesHash();
if (read(stampPath) !== stamp) {
  mkdirSync(target, { recursive: true });
  for (const variant of kernelVariants) await compile(variant);
  writeWhole(stampPath, stamp);
}

async function compile(variant: KernelVariant): Promise<void> {
  const texts = { ...sources, ...generatedModules(variant) };
  const files = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'kernels.wasm', ...options, ...variant.options],
    {
      readFile: (name) => texts[name] ?? null,
      writeFile: (name, contents) => void files.set(name, contents),
      listFiles: () => [],
    },
  );
  const wasm = files.get('kernels.wasm');
  if (error !== null || wasm === undefined)
    throw new Error(`Could not compile the ${variant.name} kernels: ${stderr.toString()}`, { cause: error });
  writeWhole(join(target, `${variant.name}.wasm`), wasm);
}

function writeInterfaces(): void {
  for (const [name, text] of Object.entries(interfaceTexts(sources)))
    if (read(join(interfaces, name)) !== text) writeWhole(join(interfaces, name), text);
}

function sourcesHash(): string {
  const decides = [kernelVariants, options, asc.version, sources, kernelVariants.map(generatedModules)];
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex');
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
