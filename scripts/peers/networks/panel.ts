import type { PeerData } from './data.ts';
import {
  averagePooling,
  convolution,
  dense,
  depthwise,
  dropout,
  Functional,
  flatten,
  input,
  layer,
  maxPooling,
  normalized,
  recurrent,
  relu,
  sequential,
} from './topology.ts';

/** A network that every framework trains on the same data. */
export interface PanelNetwork {
  readonly name: string;
  readonly title: string;
  readonly data: PeerData;
  readonly batch: number;
  /** Steps from one report to the next: a few reports a second. */
  readonly reportEvery: number;
  readonly learningRate: number;
  /** Keras's classes and their arguments; of a GAN { generator, discriminator }. */
  readonly topology: object;
}

/** What people train, in the sizes in which they do. */
export const panel: readonly PanelNetwork[] = [
  {
    name: 'tutorial',
    title: "the tutorial's",
    ...{ data: 'mnist', batch: 100, reportEvery: 5, learningRate: 0.05 },
    topology: sequential(
      input(28, 28, 1),
      convolution(32, 5, { activation: 'relu' }),
      maxPooling(),
      convolution(64, 5, { activation: 'relu' }),
      maxPooling(),
      flatten(),
      dense(1024, 'relu'),
      dropout(0.4),
      dense(10),
    ),
  },
  {
    name: 'keras-cnn',
    title: "Keras' MNIST CNN",
    ...{ data: 'mnist', batch: 128, reportEvery: 4, learningRate: 0.01 },
    topology: sequential(
      input(28, 28, 1),
      convolution(32, 3, { padding: 'valid', activation: 'relu' }),
      convolution(64, 3, { padding: 'valid', activation: 'relu' }),
      maxPooling(),
      dropout(0.25),
      flatten(),
      dense(128, 'relu'),
      dropout(0.5),
      dense(10),
    ),
  },
  {
    name: 'dense',
    title: 'dense, 784-1024-1024-1024-10',
    ...{ data: 'mnist', batch: 100, reportEvery: 10, learningRate: 0.01 },
    topology: sequential(
      input(28, 28, 1),
      flatten(),
      dense(1024, 'relu'),
      dense(1024, 'relu'),
      dense(1024, 'relu'),
      dense(10),
    ),
  },
  {
    name: 'conv3x3',
    title: '3x3 convolutions, 32 x 32 x 3',
    ...{ data: 'colouredDigits', batch: 100, reportEvery: 2, learningRate: 0.01 },
    topology: sequential(
      input(32, 32, 3),
      convolution(32, 3, { activation: 'relu' }),
      convolution(32, 3, { activation: 'relu' }),
      maxPooling(),
      convolution(64, 3, { activation: 'relu' }),
      convolution(64, 3, { activation: 'relu' }),
      maxPooling(),
      flatten(),
      dense(256, 'relu'),
      dropout(0.4),
      dense(10),
    ),
  },
  {
    name: 'mlp',
    title: 'MLP 784-512-512-10 on dense inputs',
    ...{ data: 'vectors', batch: 128, reportEvery: 20, learningRate: 0.01 },
    topology: sequential(input(784), dense(512, 'relu'), dense(512, 'relu'), dense(10)),
  },
  {
    name: 'vgg11',
    title: 'VGG-11, 32 x 32 x 3',
    ...{ data: 'colouredDigits', batch: 128, reportEvery: 1, learningRate: 0.01 },
    topology: sequential(
      input(32, 32, 3),
      ...[64, 'pool', 128, 'pool', 256, 256, 'pool', 512, 512, 'pool', 512, 512, 'pool'].map((filters) =>
        filters === 'pool' ? maxPooling() : convolution(Number(filters), 3, { activation: 'relu' }),
      ),
      flatten(),
      dense(10),
    ),
  },
  {
    name: 'lenet',
    title: 'LeNet-5 (tanh)',
    ...{ data: 'mnist', batch: 128, reportEvery: 10, learningRate: 0.01 },
    topology: sequential(
      input(28, 28, 1),
      convolution(6, 5, { activation: 'tanh' }),
      averagePooling(),
      convolution(16, 5, { padding: 'valid', activation: 'tanh' }),
      averagePooling(),
      flatten(),
      dense(120, 'tanh'),
      dense(84, 'tanh'),
      dense(10),
    ),
  },
  {
    name: 'resnet20',
    title: 'ResNet-20, 32 x 32 x 3',
    ...{ data: 'colouredDigits', batch: 128, reportEvery: 1, learningRate: 0.01 },
    topology: resnet20(),
  },
  {
    name: 'mobilenet',
    title: 'MobileNet-like, 32 x 32 x 3',
    ...{ data: 'colouredDigits', batch: 128, reportEvery: 1, learningRate: 0.01 },
    topology: mobilenet(),
  },
  {
    name: 'lstm',
    title: 'LSTM, 128 units, 100 steps of 32',
    ...{ data: 'sequences', batch: 64, reportEvery: 3, learningRate: 0.01 },
    topology: sequential(input(100, 32), recurrent('LSTM', 128), dense(10)),
  },
  {
    name: 'gru',
    title: 'GRU, 128 units, 100 steps of 32',
    ...{ data: 'sequences', batch: 64, reportEvery: 3, learningRate: 0.01 },
    topology: sequential(input(100, 32), recurrent('GRU', 128), dense(10)),
  },
  {
    name: 'text-cnn',
    title: 'text CNN, 200 words of 64',
    ...{ data: 'words', batch: 128, reportEvery: 4, learningRate: 0.01 },
    topology: sequential(
      input(200),
      layer('Embedding', { input_dim: 10_000, output_dim: 64 }),
      layer('Conv1D', { filters: 128, kernel_size: [5], activation: 'relu' }),
      layer('GlobalMaxPooling1D'),
      dense(64, 'relu'),
      dense(10),
    ),
  },
  {
    name: 'dcgan',
    title: 'DCGAN 28 x 28, both networks',
    ...{ data: 'mnist', batch: 64, reportEvery: 1, learningRate: 0.0002 },
    topology: dcgan(),
  },
];

function resnet20(): object {
  const model = new Functional();
  const first = model.add(input(32, 32, 3));
  let last = model.chain(first, ...normalized(16, 3), relu());
  for (const [filters, stride] of [
    ...[16, 16, 16].map((width) => [width, 1]),
    ...[32, 64].flatMap((width) => [
      [width, 2],
      [width, 1],
      [width, 1],
    ]),
  ]) {
    const main = model.chain(last, ...normalized(filters, 3, stride), relu(), ...normalized(filters, 3));
    const aside =
      stride === 1
        ? last
        : model.add(convolution(filters, 1, { strides: [stride, stride], use_bias: false }), last);
    last = model.add(relu(), model.add(layer('Add'), main, aside));
  }
  return model.topology(first, model.chain(last, layer('GlobalAveragePooling2D'), dense(10)));
}

function mobilenet(): object {
  const blocks = [
    [32, 1],
    [64, 2],
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
  ].flatMap(([filters, stride]) => [...depthwise(3, stride), relu(), ...normalized(filters, 1), relu()]);
  return sequential(
    input(32, 32, 3),
    ...normalized(16, 3),
    relu(),
    ...blocks,
    layer('GlobalAveragePooling2D'),
    dense(10),
  );
}

/** The networks of `gradpool gan --preset dcgan`. */
function dcgan(): object {
  const generated = { use_bias: false, padding: 'same', kernel_size: [5, 5], strides: [2, 2] };
  const normalization = layer('BatchNormalization', { momentum: 0.9 });
  const judged = (filters: number) => [
    convolution(filters, 5, { strides: [2, 2] }),
    layer('LeakyReLU', { alpha: 0.2 }),
    dropout(0.3),
  ];
  return {
    generator: sequential(
      input(100),
      layer('Dense', { units: 7 * 7 * 128, use_bias: false }),
      layer('Reshape', { target_shape: [7, 7, 128] }),
      normalization,
      relu(),
      layer('Conv2DTranspose', { filters: 64, ...generated }),
      normalization,
      relu(),
      layer('Conv2DTranspose', { filters: 1, ...generated, use_bias: true, activation: 'tanh' }),
    ),
    discriminator: sequential(input(28, 28, 1), ...judged(64), ...judged(128), flatten(), dense(1)),
  };
}

export const isGan = ({ topology }: PanelNetwork): boolean => 'generator' in topology;

/** Ends the process where there is none. */
export function networkNamed(name: string): PanelNetwork {
  const network = panel.find((one) => one.name === name);
  if (network !== undefined) return network;
  const names = panel.map((one) => one.name).join(', ');
  console.error(`Expected \`--networks\` to be among ${names}, got \`${name}\``);
  process.exit(2);
}
