import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { GradpoolError, inputError } from './errors.ts';
import { prepareTensorflowEnvironment } from './tensorflow-environment.ts';

/** TensorFlow.js with its 'tensorflow' backend. */
export type Tensorflow = typeof import('@tensorflow/tfjs-node');

const require = createRequire(import.meta.url);
const howTo =
  "set it up with `npm run setup:tensorflow` in a clone, with `npm install @tensorflow/tfjs-node` elsewhere, or set `engine` to 'wasm'";

/**
 * Loads @tensorflow/tfjs-node in this thread.
 * @throws GradpoolError, one line that says how to set it up, where it is missing or does not load
 */
export function loadTensorflow(): Tensorflow {
  prepareTensorflowEnvironment();
  mendUtil();
  try {
    const tf: Tensorflow = require('@tensorflow/tfjs-node');
    checkOneCopy(tf);
    return tf;
  } catch (cause) {
    if (cause instanceof GradpoolError) throw cause;
    throw inputError(`The engine tensorflow needs @tensorflow/tfjs-node, ${problem(cause)}; ${howTo}`, cause);
  }
}

/** Why the engine cannot be had; undefined when it is there. Does not load it. */
export function tensorflowMissing(): string | undefined {
  try {
    const folder = join(require.resolve('@tensorflow/tfjs-node/package.json'), '..', 'lib', 'napi-v8');
    if (existsSync(join(folder, 'tfjs_binding.node'))) return undefined;
    return `@tensorflow/tfjs-node has no compiled binding; ${howTo}`;
  } catch {
    return `@tensorflow/tfjs-node is not installed; ${howTo}`;
  }
}

function problem(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'MODULE_NOT_FOUND') return 'which is not installed';
  return `which does not load: ${String(message).split('\n', 1)[0]}`;
}

/** Node.js 23 took away two functions that tfjs-node 4.22 calls. */
function mendUtil(): void {
  const gone = util as unknown as Record<string, unknown>;
  gone.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  gone.isArray ??= Array.isArray;
}

/** Two copies of tfjs-core have two registries: custom layers and backends of the one do not exist for the other. */
function checkOneCopy(tf: Tensorflow): void {
  const core: typeof import('@tensorflow/tfjs-core') = require('@tensorflow/tfjs-core');
  const layers: typeof import('@tensorflow/tfjs-layers') = require('@tensorflow/tfjs-layers');
  if (core.Tensor !== tf.Tensor || layers.LayersModel !== tf.LayersModel)
    throw inputError(
      'Expected @tensorflow/tfjs-node to use the same @tensorflow/tfjs-core and tfjs-layers as gradpool, got two copies; install one version of all (npm dedupe)',
    );
}
