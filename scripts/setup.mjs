/**
 * Sets up what is missing: packages, runtime, kernels, pages. Runs on Node.js 20 with nothing installed.
 *
 * Packages are installed into a folder of their own and moved into place whole, stamp included: a set-up that is
 * killed at any moment leaves either the old node_modules or the new one, and an orphaned npm disturbs nobody.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { withLock } from './lock.mjs';
import { runQuietly } from './process.mjs';
import { kernelSourcesHash, packagesHash, pageSourcesHash, readStamp, writeStamp } from './stamp.mjs';

/** The oldest Node.js that runs the sources: it strips types. */
const oldestNode = [22, 18];

/**
 * Does what the stamp says is still to do; costs a few milliseconds when that is nothing.
 * @param {string} root the project's folder
 * @returns {Promise<string>} the path of the Node.js that runs the project
 * @throws {Error} named SetupError, with what to do next
 */
export async function setUp(root) {
  if (!isComplete(root)) {
    mkdirSync(join(root, 'build'), { recursive: true });
    await withLock(join(root, 'build', 'setup.lock'), () => finish(root), say);
  }
  return runtimePath(root) ?? '';
}

/** Another set-up may have done all or some of it while this one waited for the lock. */
async function finish(/** @type {string} */ root) {
  removeLeftovers(root);
  if (!hasPackages(root)) await installPackages(root);
  for (const name of built) if (!isBuilt(root, name)) await build(root, name);
}

/** What is built of the sources, in this order. */
const built = /** @type {const} */ (['kernels', 'pages']);
const hashes = { kernels: kernelSourcesHash, pages: pageSourcesHash };

const isComplete = (/** @type {string} */ root) =>
  hasPackages(root) && built.every((name) => isBuilt(root, name));

function hasPackages(/** @type {string} */ root) {
  return readStamp(root).packages === packagesHash(root) && runtimePath(root) !== undefined;
}

function isBuilt(/** @type {string} */ root, /** @type {typeof built[number]} */ name) {
  return readStamp(root)[name] === hashes[name](root) && existsSync(join(root, 'build', name));
}

/** The installed runtime, or this process's Node.js where the set-up had to settle for that. */
function runtimePath(/** @type {string} */ root) {
  if (readStamp(root).runtime === 'running')
    return isNewEnough(process.versions.node) ? process.execPath : undefined;
  const installed = installedRuntime(join(root, 'node_modules'));
  return existsSync(installed) ? installed : undefined;
}

async function installPackages(/** @type {string} */ root) {
  say('Installing packages ...');
  const staging = mkdtempSync(join(root, 'build', stagingPrefix));
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, file))) cpSync(join(root, file), join(staging, file));
    await installInto(staging);
    const modules = join(staging, 'node_modules');
    writeStamp(modules, { packages: packagesHash(staging), runtime: await installRuntime(modules) });
    if (existsSync(join(root, 'node_modules'))) renameSync(join(root, 'node_modules'), join(staging, 'old'));
    renameSync(modules, join(root, 'node_modules'));
  } finally {
    remove(staging);
  }
}

/** No package needs its install script, except the runtime's, which `installRuntime` runs: npm may block them. */
async function installInto(/** @type {string} */ folder) {
  const [npm, ...npmArguments] = npmCommand();
  const options = [
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  ];
  const { code, output } = await runQuietly(npm, [...npmArguments, 'ci', ...options], folder);
  if (code !== 0)
    throw setupError(
      `${lastLines(output)}\nSet-up failed: \`npm ci\` ended with exit code ${code} (its message is above). Check the network and npm's registry setting, then run the same command again.`,
    );
}

/**
 * The package `node` brings its binary by an install script; runs it.
 * @returns {Promise<'package' | 'running'>} which Node.js is to run the project
 */
async function installRuntime(/** @type {string} */ modules) {
  say('Installing the runtime ...');
  const { output } = await runQuietly(
    process.execPath,
    ['installArchSpecificPackage.js'],
    join(modules, 'node'),
  );
  if (works(installedRuntime(modules))) {
    linkRuntime(modules);
    return 'package';
  }
  const why = `The project's own Node.js cannot be had on this machine (${process.platform} ${process.arch})`;
  if (!isNewEnough(process.versions.node))
    throw setupError(
      `${lastLines(output)}\n${why}, and this one is ${process.version}: install Node.js ${oldestNode.join('.')} or newer, then run the same command again.`,
    );
  say(`${why}; using this one, ${process.version}.`);
  return 'running';
}

async function build(/** @type {string} */ root, /** @type {typeof built[number]} */ name) {
  const script = join(root, 'scripts', `build-${name}.ts`);
  say(`Building ${name} ...`);
  const hash = hashes[name](root);
  const { code, output } = await runQuietly(
    runtimePath(root) ?? process.execPath,
    [script, '--modules'],
    root,
  );
  if (code !== 0)
    throw setupError(
      `${lastLines(output)}\nSet-up failed: ${script} ended with exit code ${code} (its message is above).`,
    );
  writeStamp(join(root, 'node_modules'), { ...readStamp(root), [name]: hash });
}

const stagingPrefix = 'setup-';

/** What killed set-ups left behind; the lock is held, so no live one owns it. */
function removeLeftovers(/** @type {string} */ root) {
  const build = join(root, 'build');
  for (const name of readdirSync(build)) if (name.startsWith(stagingPrefix)) remove(join(build, name));
}

/** An orphaned npm may still be writing there: then the next set-up removes the rest. */
function remove(/** @type {string} */ folder) {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {}
}

/** npm's own program where npm started us, so that it is the same npm, and no shell is needed on Windows. */
function npmCommand() {
  const program = process.env.npm_execpath ?? '';
  return basename(program) === 'npm-cli.js' ? [process.execPath, program] : ['npm'];
}

const executable = process.platform === 'win32' ? 'node.exe' : 'node';
const installedRuntime = (/** @type {string} */ modules) => join(modules, 'node', 'bin', executable);

/** npm links a program only where it lay at once. */
function linkRuntime(/** @type {string} */ modules) {
  const link = join(modules, '.bin', executable);
  if (process.platform !== 'win32' && !existsSync(link))
    symlinkSync(join('..', 'node', 'bin', executable), link);
}

/** A binary for another C library exists and yet does not start. */
function works(/** @type {string} */ runtime) {
  const { stdout } = spawnSync(runtime, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return isNewEnough(stdout ?? '');
}

function isNewEnough(/** @type {string} */ version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function lastLines(/** @type {string} */ output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^npm (warn|notice)/.test(line));
  return lines.slice(-15).join('\n');
}

function setupError(/** @type {string} */ message) {
  return Object.assign(new Error(message), { name: 'SetupError' });
}

/** On standard error: standard output belongs to the command. */
function say(/** @type {string} */ line) {
  console.error(line);
}
