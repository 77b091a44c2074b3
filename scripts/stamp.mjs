/** The stamp in node_modules says what a set-up has finished, by the hashes of what it was made from. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampName = '.gradpool-setup.json';

/**
 * @typedef {object} Stamp
 * @property {string} [packages] hash of what node_modules was installed from
 * @property {'package' | 'running'} [runtime] which Node.js runs the project
 * @property {string} [kernels] hash of the sources that the kernels were built from
 * @property {string} [pages] the same of the pages
 */

/**
 * @param {string} root the project's folder
 * @returns {Stamp} empty where there is none
 */
export function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'node_modules', stampName), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Whole or not at all: written under another name, then renamed.
 * @param {string} modules a node_modules folder
 * @param {Stamp} stamp
 */
export function writeStamp(modules, stamp) {
  const path = join(modules, stampName);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(temporary, path);
}

/** Of the lock file, the wanted packages and the kind of machine. */
export function packagesHash(/** @type {string} */ root) {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const wanted = [dependencies, devDependencies, optionalDependencies, process.platform, process.arch];
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(JSON.stringify(wanted))
    .digest('hex');
}

/** Of every file that the kernels are built from, by name and content. */
export function kernelSourcesHash(/** @type {string} */ root) {
  const kernels = join('src', 'kernels');
  const files = [
    join('scripts', 'build-kernels.ts'),
    join('scripts', 'kernel-sources.ts'),
    ...['assembly', 'generators'].flatMap((folder) => filesUnder(root, join(kernels, folder))),
    join(kernels, 'variants.ts'),
  ];
  return hashOfFiles(root, files);
}

/** Of every file that the pages can be built from: in the browser the engine computes too, so that is all of src. */
export function pageSourcesHash(/** @type {string} */ root) {
  return hashOfFiles(root, [
    join('scripts', 'build-pages.ts'),
    'package-lock.json',
    ...filesUnder(root, 'src').filter((file) => !file.startsWith(join('src', 'kernels', 'assembly'))),
  ]);
}

function hashOfFiles(/** @type {string} */ root, /** @type {string[]} */ files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** @returns {string[]} paths below `root`, sorted */
function filesUnder(/** @type {string} */ root, /** @type {string} */ folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(root, path) : [path];
    });
}
