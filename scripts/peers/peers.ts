import { join } from 'node:path';
import { tensorflowMissing } from '../../src/tensorflow-package.ts';
import type { NetworkFiles } from './network-files.ts';

/** One way to train a network, as a process that reports as scripts/peers/mnist.py does. */
export interface Peer {
  readonly framework: string;
  readonly setting: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** A directory in MNIST's four-file form. Default: MNIST's own. */
  readonly data?: string;
  /** Why it cannot be run here. */
  readonly missing?: string | undefined;
}

export interface Installed {
  /** The interpreter of the virtual environment, or why there is none. */
  readonly python: { readonly path: string } | { readonly missing: string };
}

const script = (name: string) => join(import.meta.dirname, name);

export const gradpool = (task: string, workers: number, ...more: readonly string[]): Peer => ({
  framework: 'gradpool',
  setting: `${workers} workers`,
  command: process.execPath,
  arguments: [script('gradpool-peer.ts'), task, `${workers}`, ...more],
});

/** Each framework in every setting that may be its best on `cores` cores. */
export function ratePeers({ python }: Installed, cores: number): Peer[] {
  const run = pythonPeer(python);
  const threads = [...new Set([1, cores])];
  const layouts = ['contiguous', 'channels_last'];
  return [
    gradpool('rate', cores),
    run('TensorFlow', `tf.function, ${cores} threads`, 'tensorflow_peer.py', ['rate', `${cores}`]),
    ...threads.flatMap((count) =>
      layouts.map((layout) =>
        run('PyTorch', `${count} threads, ${layout}`, 'pytorch_peer.py', ['rate', `${count}`, layout]),
      ),
    ),
    ...layouts.map((layout) =>
      run('PyTorch DistributedDataParallel', `gloo, ${cores} processes, ${layout}`, 'pytorch_peer.py', [
        'rate',
        '1',
        layout,
        `${cores}`,
      ]),
    ),
    run('JAX', 'jit', 'jax_peer.py', ['rate']),
    tfjsNode(cores),
  ];
}

/** Those that train also another network than the tutorial's. */
export function networkPeers({ python }: Installed, cores: number, { topology, data }: NetworkFiles): Peer[] {
  const words = ['rate', `${cores}`, topology];
  const tensorflow = pythonPeer(python)(
    'TensorFlow',
    `tf.function, ${cores} threads`,
    'tensorflow_peer.py',
    words,
  );
  return [
    { ...gradpool('rate', cores, topology), data },
    { ...tensorflow, data },
  ];
}

/** The frameworks whose way to an accuracy is timed, each in its usual setting. */
export function accuracyPeers({ python }: Installed, cores: number): Peer[] {
  const run = pythonPeer(python);
  return [
    gradpool('accuracy', cores),
    run('TensorFlow', `tf.function, ${cores} threads`, 'tensorflow_peer.py', ['accuracy', `${cores}`]),
    run('PyTorch', `${cores} threads, channels_last`, 'pytorch_peer.py', [
      'accuracy',
      `${cores}`,
      'channels_last',
    ]),
  ];
}

/** Where `@tensorflow/tfjs-node` has a binding that was set up. */
const tfjsNode = (workers: number): Peer => ({
  framework: 'tfjs-node',
  setting: `${workers} worker threads, no averaging`,
  command: process.execPath,
  arguments: [script('tfjs-node-peer.ts'), `${workers}`],
  missing: tensorflowMissing(),
});

const pythonPeer =
  (python: Installed['python']) =>
  (framework: string, setting: string, file: string, words: readonly string[]): Peer => ({
    framework,
    setting,
    arguments: [script(file), ...words],
    ...('path' in python ? { command: python.path } : { command: '', missing: python.missing }),
  });
