/**
 * Runs one of the project's commands on the project's own Node.js, after setting up what is missing:
 * `node scripts/run.mjs COMMAND [ARGUMENTS]`. Runs on Node.js 20 with nothing installed.
 */
import { rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';
import { setUp } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {Record<string, (runtime: string, args: string[]) => Promise<number>>} */
const commands = {
  setup: async () => 0,
  'setup:tensorflow': script('scripts/setup-tensorflow.ts'),
  // Paths mean what they mean where the command was typed, also with npm's --prefix.
  start: (runtime, args) => run(runtime, [join(root, 'src/cli/main.ts'), ...args], whereTyped()),
  lint: script('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  typecheck: script('node_modules/typescript/bin/tsc'),
  build: async (runtime, args) => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    return script('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')(runtime, args);
  },
  test: async (runtime, args) => {
    const { testAll } = await import('./test-all.mjs');
    await setUpTensorflow(runtime);
    return testAll({
      lint: () => commands.lint(runtime, []),
      typecheck: () => commands.typecheck(runtime, []),
      vitest: (own) => script('node_modules/vitest/vitest.mjs', 'run')(runtime, [...own, ...args]),
    });
  },
  benchmark: script('scripts/benchmark.ts'),
  chaos: chaos('scripts/chaos.ts'),
  fuzz: script('scripts/fuzz.ts'),
  soak: chaos('scripts/chaos/soak.ts'),
  'benchmark:kernels': script('scripts/benchmark-kernels.ts'),
  profile: script('scripts/profile.ts'),
  'benchmark:scaling': script('scripts/benchmark-scaling.ts'),
  'benchmark:peers': script('scripts/benchmark-peers.ts'),
  'test:mutants': async (runtime, args) => {
    await setUpTensorflow(runtime);
    return script('scripts/mutants.ts')(runtime, args);
  },
};

process.exitCode = await main(process.argv[2], process.argv.slice(3));

async function main(/** @type {string} */ name, /** @type {string[]} */ args) {
  const command = commands[name];
  if (command === undefined) {
    console.error(`Expected a command, one of ${Object.keys(commands).join(', ')}; got ${name}`);
    return 2;
  }
  try {
    const runtime = await setUp(root);
    useFirst(dirname(runtime), join(root, 'node_modules', '.bin'));
    return await command(runtime, args);
  } catch (error) {
    return explain(error);
  }
}

/** The tests of the tensorflow engine run where it can be set up; elsewhere they are skipped, and that is said. */
async function setUpTensorflow(/** @type {string} */ runtime) {
  if (process.env.GRADPOOL_TENSORFLOW === 'off') return;
  const code = await commands['setup:tensorflow'](runtime, []);
  if (code >= 128)
    throw Object.assign(new Error('The set-up was stopped by a signal.'), { name: 'StoppedError', code });
  if (code !== 0) console.error("TensorFlow could not be set up (above): its engine's tests are skipped.");
}

/** A command that is a program of its own: started by the runtime's path, since a shell may know an older `node`. */
function script(/** @type {string} */ path, /** @type {string[]} */ ...first) {
  return (/** @type {string} */ runtime, /** @type {string[]} */ args) =>
    run(runtime, [join(root, path), ...first, ...args], root);
}

/** npm starts its scripts in the project, and says where it was started itself. */
function whereTyped() {
  return (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) || root;
}

/** With the injector of faults loaded first, in every thread. */
function chaos(/** @type {string} */ path) {
  return (/** @type {string} */ runtime, /** @type {string[]} */ args) =>
    run(runtime, ['--import', join(root, 'test/chaos/inject.ts'), join(root, path), ...args], root);
}

/** What the command starts by name is the project's own. */
function useFirst(/** @type {string[]} */ ...folders) {
  process.env.PATH = [...folders, process.env.PATH].join(delimiter);
}

/** Set-up's own errors say all there is to say; anything else is a fault of these scripts. */
function explain(/** @type {unknown} */ error) {
  if (!(error instanceof Error) || !['SetupError', 'StoppedError'].includes(error.name)) throw error;
  console.error(error.message);
  return 'code' in error ? Number(error.code) : 1;
}
