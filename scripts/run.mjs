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
  'setup:tensorboard': script('scripts/setup-tensorboard.ts'),
  'setup:formats': script('scripts/setup-formats.ts'),
  // Paths mean what they mean where the command was typed, also with npm's --prefix.
  start: (runtime, args) => run(runtime, [join(root, 'src/cli/main.ts'), ...args], whereTyped()),
  lint: both(
    script('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
    script('scripts/check-assembly.ts', 'lint'),
  ),
  typecheck: both(script('node_modules/typescript/bin/tsc'), script('scripts/check-assembly.ts', 'types')),
  build: async (runtime, args) => {
    for (const made of ['dist', 'build/modules']) rmSync(join(root, made), { recursive: true, force: true });
    const code = await script('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')(runtime, args);
    return code === 0 ? script('scripts/bundle.ts')(runtime, []) : code;
  },
  docs: (runtime, args) => {
    const typescript6 = join(root, 'scripts/reference/typescript-6.ts');
    const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
    return run(runtime, ['--import', typescript6, typedoc, ...args], root);
  },
  test: async (runtime, args) => {
    const { testAll } = await import('./test-all.mjs');
    await setUpTensorflow(runtime);
    await setUpTensorboard(runtime);
    await setUpFormats(runtime);
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
  'benchmark:peers': script('scripts/benchmark-peers.ts'),
  'benchmark:panel': script('scripts/benchmark-panel.ts'),
  'benchmark:growth': script('scripts/benchmark-growth.ts'),
  'benchmark:passes': script('scripts/benchmark-passes.ts'),
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

/** What it cannot be had for, it says itself. */
async function setUpTensorboard(/** @type {string} */ runtime) {
  if (process.env.GRADPOOL_TENSORBOARD !== 'off') await commands['setup:tensorboard'](runtime, []);
}

/** The same. */
async function setUpFormats(/** @type {string} */ runtime) {
  if (process.env.GRADPOOL_FORMATS !== 'off') await commands['setup:formats'](runtime, []);
}

/** A command that is a program of its own: started by the runtime's path, since a shell may know an older `node`. */
function script(/** @type {string} */ path, /** @type {string[]} */ ...first) {
  return (/** @type {string} */ runtime, /** @type {string[]} */ args) =>
    run(runtime, [join(root, path), ...first, ...args], root);
}

/** One program after the other, whatever the first says; the exit code of the first that fails. */
function both(
  /** @type {(runtime: string, args: string[]) => Promise<number>} */ first,
  /** @type {(runtime: string, args: string[]) => Promise<number>} */ second,
) {
  return async (/** @type {string} */ runtime, /** @type {string[]} */ args) => {
    const codes = [await first(runtime, args), await second(runtime, args)];
    return codes.find((code) => code !== 0) ?? 0;
  };
}

/** npm starts its scripts in the project, and says where it was started itself. */
function whereTyped() {
  return (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) || root;
}

/** With the injector of faults loaded first, in every thread. */
function chaos(/** @type {string} */ path) {
  return (/** @type {string} */ runtime, /** @type {string[]} */ args) =>
    run(runtime, ['--import', join(root, 'testing/chaos/inject.ts'), join(root, path), ...args], root);
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
