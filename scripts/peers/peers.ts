import { join } from 'node:path';
import { tensorflowMissing } from '../../src/runtime/tensorflow-package.ts';
import type { Python } from '../python-environment.ts';
import type { NetworkFiles } from './networks/files.ts';
import { isGan, type PanelNetwork } from './networks/panel.ts';

/** One way to train a network, as a process that reports as scripts/peers/mnist.py does. */
export interface Peer {
  readonly framework: string;
  readonly setting: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** What it is told beside; see mnist.py. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Why it cannot be run here. */
  readonly missing?: string | undefined;
}

export interface Installed {
  /** The interpreter of the virtual environment, or why there is none. */
  readonly python: Python;
}

const script = (name: string) => join(import.meta.dirname, name);

export const canRun = ({ missing }: Peer): boolean => missing === undefined;

export const labelOf = ({ framework, setting }: Pick<Peer, 'framework' | 'setting'>): string =>
  `${framework}, ${setting}`;

const gradpool = (words: readonly string[], workers: number, file = 'gradpool-peer.ts'): Peer => ({
  framework: 'gradpool',
  setting: `${workers} workers`,
  command: process.execPath,
  arguments: [script(file), ...words],
});

/** Each framework in every setting that may be its best on `cores` cores. */
export function ratePeers({ python }: Installed, cores: number): Peer[] {
  const run = pythonPeer(python);
  const threads = [...new Set([1, cores])];
  const layouts = ['contiguous', 'channels_last'];
  return [
    gradpool(['rate', `${cores}`], cores),
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
        '--processes',
        `${cores}`,
      ]),
    ),
    run('JAX', 'jit', 'jax_peer.py', ['rate']),
    tfjsNode(cores),
  ];
}

/** gradpool on a network. */
export function gradpoolPeer(workers: number, files: NetworkFiles, network: PanelNetwork): Peer {
  const file = isGan(network) ? 'gradpool-gan-peer.ts' : 'gradpool-peer.ts';
  const environment = environmentOf(files, network);
  return { ...gradpool(['rate', `${workers}`, files.topology], workers, file), environment };
}

const environmentOf = (
  { data }: NetworkFiles,
  { batch, reportEvery, learningRate }: PanelNetwork,
): Readonly<Record<string, string>> => ({
  MNIST_DIR: data,
  PEER_BATCH: `${batch}`,
  PEER_REPORT_EVERY: `${reportEvery}`,
  PEER_LEARNING_RATE: `${learningRate}`,
});

/** Each framework that trains any network, in every setting that may be its best with so many threads. */
export function networkPeers(
  { python }: Installed,
  threads: number,
  files: NetworkFiles,
  network: PanelNetwork,
): Peer[] {
  const run = pythonPeer(python);
  const words = ['rate', `${threads}`];
  const { topology } = files;
  const { data: kind } = network;
  const peerOf = (framework: string) => `${framework}${isGan(network) ? '_gan' : ''}_peer.py`;
  const layouts =
    kind === 'mnist' || kind === 'colouredDigits' ? ['contiguous', 'channels_last'] : ['contiguous'];
  const others = [
    ...['tf.function', 'XLA'].map((how) =>
      run('TensorFlow', `${how}, ${threads} threads`, peerOf('tensorflow'), [...words, how, topology]),
    ),
    ...['eager', 'torch.compile'].flatMap((how) =>
      layouts.map((layout) =>
        run('PyTorch', `${how}, ${threads} threads, ${layout}`, peerOf('pytorch'), [
          ...words,
          layout,
          how,
          topology,
        ]),
      ),
    ),
  ];
  const environment = environmentOf(files, network);
  return [gradpoolPeer(threads, files, network), ...others.map((peer) => ({ ...peer, environment }))];
}

/** The frameworks whose way to an accuracy is timed, each in its usual setting. */
export function accuracyPeers({ python }: Installed, cores: number): Peer[] {
  const run = pythonPeer(python);
  return [
    gradpool(['accuracy', `${cores}`], cores),
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
