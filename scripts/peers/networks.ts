import type { DatasetName } from './network-files.ts';

/** A network that gradpool and TensorFlow train beside the tutorial's. */
export interface PeerNetwork {
  readonly name: string;
  readonly data: DatasetName;
  /** Keras's classes and their arguments, of which both sides make the network. */
  readonly topology: object;
}

/** One where a convolution is nearly all the work, of other sizes than the tutorial's; one where none is. */
export const peerNetworks = (): PeerNetwork[] => [
  {
    name: '3x3 convolutions on 32 x 32 x 3',
    data: 'colouredDigits',
    topology: sequential(
      input(32, 32, 3),
      conv3x3(32),
      conv3x3(32),
      maxPooling(),
      conv3x3(64),
      conv3x3(64),
      maxPooling(),
      { class_name: 'Flatten', config: {} },
      dense(256, 'relu'),
      { class_name: 'Dropout', config: { rate: 0.4 } },
      dense(10, 'linear'),
    ),
  },
  {
    name: 'dense, 784-1024-1024-1024-10',
    data: 'mnist',
    topology: sequential(
      input(28, 28, 1),
      { class_name: 'Flatten', config: {} },
      dense(1024, 'relu'),
      dense(1024, 'relu'),
      dense(1024, 'relu'),
      dense(10, 'linear'),
    ),
  },
];

interface Described {
  readonly class_name: string;
  readonly config: object;
}

/** Every layer gets a name of its own. */
const sequential = (...layers: readonly Described[]) => ({
  class_name: 'Sequential',
  config: {
    layers: layers.map(({ class_name, config }, place) => ({
      class_name,
      config: { name: `${class_name.toLowerCase()}_${place}`, ...config },
    })),
  },
});

const input = (...shape: readonly number[]): Described => ({
  class_name: 'InputLayer',
  config: { batch_input_shape: [null, ...shape] },
});

/** TensorFlow.js's default for the kernels is another one than Keras's. */
const kernel_initializer = 'glorot_uniform';

const conv3x3 = (filters: number): Described => ({
  class_name: 'Conv2D',
  config: { filters, kernel_size: [3, 3], padding: 'same', activation: 'relu', kernel_initializer },
});

const maxPooling = (): Described => ({ class_name: 'MaxPooling2D', config: { pool_size: [2, 2] } });

const dense = (units: number, activation: 'relu' | 'linear'): Described => ({
  class_name: 'Dense',
  config: { units, activation, kernel_initializer },
});
