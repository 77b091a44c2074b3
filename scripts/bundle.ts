/**
 * Bundles the compiled sources, build/modules, to dist: the public API, the command and each thread load a few files then,
 * where they would load hundreds. A module stands in one file, so that there is one of it in a thread, whoever asks for it.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const compiled = join(root, 'build', 'modules');
const target = join(root, 'dist');

/** What something outside of the bundle names: package.json, bin, and whoever starts a thread. */
const entries = [
  ...['index', 'cli/main', 'cli/load/loader-thread', 'coordinator/thread/thread', 'gan/thread'],
  ...['worker/piscina-task', 'benchmark/meter-thread'],
];

/**
 * What a training loads, by parts that begin on their own. Modules that the same parts need share a file. All else, which
 * is loaded when it is asked for, is divided by rolldown.
 */
const parts = {
  // Before all else of the API: it says what is wrong where another bundler has taken all of this apart.
  first: 'unbundled',
  api: 'index',
  start: 'cli/main',
  command: 'cli/command',
  train: 'cli/train',
  coordinator: 'coordinator/thread/thread',
  worker: 'worker/piscina-task',
};

/** A function, which no bundler takes for the name of a file to bring along. In CommonJS they leave no address. */
const ownAddress = `
function ownAddress(path) {
  return import.meta.url && new URL(path, import.meta.url).href;
}
`;

const file = (module: string): string => join(compiled, `${module}.js`);

const build = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, file(name)])),
  platform: 'node',
  // Packages stay packages.
  external: /^(?![./]|[A-Za-z]:)/,
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false },
  logLevel: 'warn',
  plugins: [ownAddresses()],
});
await build.write({
  dir: target,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  comments: { legal: true, annotation: true, jsdoc: false },
  codeSplitting: {
    groups: [{ name: sharedBy(), debugName: 'parts' }],
    // What a module needs is needed by the same parts at least: no two files import each other.
    includeDependenciesRecursively: false,
  },
});
await build.close();
// CommonJS, and alone as it is.
mkdirSync(join(target, 'worker'), { recursive: true });
copyFileSync(join(compiled, 'worker/piscina-entry.cjs'), join(target, 'worker/piscina-entry.cjs'));

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/**
 * The file of a module by the parts that load it; null for one that none of them loads, and for entries, which do their work
 * as soon as they are loaded: they stay alone.
 */
function sharedBy() {
  const alone = entries.map(file);
  let loaded: [name: string, modules: ReadonlySet<string>][] | undefined;
  return (id: string, graph: Graph): string | null => {
    if (alone.includes(id)) return null;
    loaded ??= Object.entries(parts).map(([name, module]) => [name, loadedWith(file(module), graph)]);
    const names = loaded.flatMap(([name, modules]) => (modules.has(id) ? [name] : []));
    return names.length > 0 ? names.join('-') : null;
  };
}

/** A module and all that it imports. */
function loadedWith(entry: string, graph: Graph): Set<string> {
  const found = new Set([entry]);
  for (const id of found)
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  return found;
}

/** Gives each module the address that it had before (import.meta.url): files and threads are found from there. */
function ownAddresses(): Plugin {
  return {
    name: 'own-addresses',
    transform: (code, id) =>
      code.replaceAll('import.meta.url', `ownAddress("${relative(compiled, id).replaceAll(sep, '/')}")`),
    renderChunk: (code, { fileName }) => {
      const own = code.replaceAll(
        /\bownAddress\("(.*?)"\)/g,
        (_, path) => `ownAddress("${posix.relative(posix.dirname(fileName), path)}")`,
      );
      return own === code ? code : `${own}${ownAddress}`;
    },
  };
}
