import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { firstLineOf, GradpoolError, inputError } from '../errors.ts';
import { prepareTensorflowEnvironment } from './tensorflow-environment.ts';

/** TensorFlow.js with its 'tensorflow' backend. */
export type Tensorflow = typeof import('@tensorflow/tfjs-node');

const require = createRequire(import.meta.url);
const howTo =
  'set it up with `npm install @tensorflow/tfjs-node` beside gradpool, or with `npm run setup:tensorflow` in a clone of it';

/**
 * Loads @tensorflow/tfjs-node in this thread.
 * @param reason why no other engine takes the model, where that is so: what the message begins with
 * @throws GradpoolError, one line that says how to set it up, where it is missing or does not load
 */
export function loadTensorflow(reason?: string): Tensorflow {
  prepareTensorflowEnvironment();
  mendUtil();
  try {
    const tf: Tensorflow = require('@tensorflow/tfjs-node');
    checkOneCopy(tf);
    return tf;
  } catch (cause) {
    if (cause instanceof GradpoolError) throw cause;
    const need = `needs @tensorflow/tfjs-node, which ${lackingOf() ?? `does not load: ${firstLineOf(cause)}`}; ${howTo}`;
    throw inputError(
      reason === undefined
        ? `The engine tensorflow ${need}, or take another \`engine\``
        : `${reason}; the engine tensorflow supports it, and ${need}`,
      cause,
    );
  }
}

/** Why the engine cannot be had; undefined when it is there. Does not load it. */
export function tensorflowMissing(): string | undefined {
  const lacking = lackingOf();
  return lacking === undefined ? undefined : `@tensorflow/tfjs-node ${lacking}; ${howTo}`;
}

function lackingOf(): string | undefined {
  try {
    const folder = join(require.resolve('@tensorflow/tfjs-node/package.json'), '..', 'lib', 'napi-v8');
    return existsSync(join(folder, 'tfjs_binding.node')) ? undefined : 'has no compiled binding';
  } catch {
    return 'is not installed';
  }
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
