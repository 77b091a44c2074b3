/** tfjs-node's binding, compiled for TensorFlow's libraries without node-gyp. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { runQuietly } from '../process.mjs';
import { cached } from './cache.ts';
import { lastLines, SetupError } from './setup-error.ts';

export interface BindingSources {
  /** Holds TensorFlow's lib/ and include/; beside the folder that is made. */
  readonly libraries: string;
  /** The package, with its binding/. */
  readonly tfjsNode: string;
  /** The package node-api-headers. */
  readonly napi: string;
}

const quietLoad = join(import.meta.dirname, 'quiet-load.cc');
const flags = ['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'];

/**
 * The folder of the cache with tfjs_binding.node, made from exactly these sources.
 * @throws SetupError without a compiler, or with what it said
 */
export const bindingIn = (cache: string, sources: BindingSources): Promise<string> =>
  cached(cache, `tfjs-binding-${hashOf(sources)}`, async (folder) => {
    const compiler = await findCompiler(folder);
    console.error(`Compiling tfjs-node's binding with ${compiler} ...`);
    const { libraries, tfjsNode, napi } = sources;
    const lib = join(libraries, 'lib');
    const include = [join(napi, 'include'), tfjsNode, join(libraries, 'include')].flatMap((at) => ['-I', at]);
    const code = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsNode, 'binding', name));
    const links = ['-L', lib, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
    const rpath = `-Wl,-rpath,$ORIGIN/${relative(join(cache, 'binding'), lib)}`;
    const plain = ['-o', join(folder, 'tfjs_binding_plain.node'), ...links, rpath];
    const quiet = ['-o', join(folder, 'tfjs_binding.node'), '-ldl'];
    await compile(compiler, [...flags, ...include, ...code, ...plain], folder);
    await compile(compiler, [...flags, ...include, quietLoad, ...quiet], folder);
  });

async function findCompiler(folder: string): Promise<string> {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++'];
  for (const compiler of candidates)
    if ((await runQuietly(compiler, ['--version'], folder)).code === 0) return compiler;
  throw new SetupError(
    `Expected a C++ compiler (${candidates.join(' or ')}) for tfjs-node's binding, found none: install one (Debian: apt-get install g++) or name it in CXX, then run \`npm run setup:tensorflow\` again`,
  );
}

async function compile(compiler: string, args: string[], folder: string): Promise<void> {
  const { code, output } = await runQuietly(compiler, args, folder);
  if (code !== 0)
    throw new SetupError(
      `${lastLines(output)}\n${compiler} could not compile tfjs-node's binding (exit code ${code}, its message is above): try another compiler, named in CXX`,
    );
}

function hashOf({ libraries, tfjsNode, napi }: BindingSources): string {
  const hash = createHash('sha256').update(JSON.stringify([flags, basename(libraries)]));
  const binding = join(tfjsNode, 'binding');
  const files = readdirSync(binding)
    .sort()
    .map((name) => join(binding, name));
  for (const file of [...files, quietLoad, join(napi, 'package.json')]) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
