/**
 * Makes @tensorflow/tfjs-node work in this checkout and ends with a real training step. Where the package's own
 * install has worked or works now, it is used as it is; otherwise its binding is compiled here, for the libraries in
 * the tensorflow-cpu wheel. Both lie in a cache of the user's that other clones use too.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runQuietly } from './process.mjs';
import { bindingIn } from './tensorflow/binding.ts';
import { cacheDirectory, withCache } from './tensorflow/cache.ts';
import { lastLines, SetupError } from './tensorflow/setup-error.ts';
import { chosenWheel, librariesIn } from './tensorflow/wheel.ts';

const root = join(import.meta.dirname, '..');
const tfjsNode = join(root, 'node_modules', '@tensorflow', 'tfjs-node');
const bindingFolder = join(tfjsNode, 'lib', 'napi-v8');

/** Its own install downloads; where the host does not even answer, there is another way. */
const ownInstallMilliseconds = 60_000;

try {
  await main();
} catch (error) {
  if (!(error instanceof Error) || !['SetupError', 'StoppedError'].includes(error.name)) throw error;
  console.error(error.message);
  process.exitCode = 'code' in error ? Number(error.code) : 1;
}

async function main(): Promise<void> {
  const { wheel } = readArguments();
  if (!existsSync(tfjsNode))
    throw new SetupError(
      '@tensorflow/tfjs-node is not in node_modules: run `npm run setup`, then this again',
    );
  const whole = existsSync(join(bindingFolder, 'tfjs_binding.node'));
  const own = whole || (wheel === undefined && (await ownInstall()));
  if (!own) await fromWheel(wheel);
  console.log(await trainingStep());
}

function readArguments(): { wheel?: string } {
  try {
    return parseArgs({ options: { wheel: { type: 'string' } } }).values;
  } catch (cause) {
    throw new SetupError(
      `Expected no arguments, or --wheel FILE, a tensorflow-cpu wheel to take; ${(cause as Error).message}`,
      { cause, code: 2 },
    );
  }
}

/** @returns whether the package's own install did it; if not, nothing of it is left */
async function ownInstall(): Promise<boolean> {
  console.error("Trying tfjs-node's own install ...");
  const install = runQuietly(process.execPath, ['scripts/install.js'], tfjsNode, ownInstallMilliseconds);
  const { code } = await install;
  if (code === 0 && existsSync(join(bindingFolder, 'tfjs_binding.node'))) return true;
  for (const folder of ['deps', 'lib']) rmSync(join(tfjsNode, folder), { recursive: true, force: true });
  console.error(`That did not work (exit code ${code}): putting it together from the tensorflow-cpu wheel`);
  return false;
}

async function fromWheel(file: string | undefined): Promise<void> {
  const wheel = chosenWheel(file);
  const cache = cacheDirectory();
  const folder = await withCache(cache, async () => {
    const libraries = await librariesIn(cache, wheel);
    return bindingIn(cache, { libraries, tfjsNode, napi: join(root, 'node_modules', 'node-api-headers') });
  });
  rmSync(bindingFolder, { recursive: true, force: true });
  mkdirSync(dirname(bindingFolder), { recursive: true });
  symlinkSync(folder, bindingFolder, 'dir');
  console.error(`Libraries and binding: ${cache}`);
}

/** In a process of its own: a binding that crashes must not take the set-up along. */
async function trainingStep(): Promise<string> {
  const program = join(import.meta.dirname, 'tensorflow', 'training-step.ts');
  const { code, output } = await runQuietly(process.execPath, [program], root);
  if (code === 0) return output.trim();
  rmSync(bindingFolder, { recursive: true, force: true });
  throw new SetupError(
    `${lastLines(output)}\nThe binding is there but does not train (exit code ${code}, its message is above): it was taken out again; run this again, and if that does not help, delete ${cacheDirectory()} first`,
  );
}
