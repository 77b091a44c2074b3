/** Networks in Keras's words, of which every framework makes its own: classes with their arguments. */

export interface Described {
  readonly class_name: string;
  readonly config: object;
}

/** Each layer reads the one before. */
export const sequential = (...layers: readonly Described[]) => ({
  class_name: 'Sequential',
  config: { layers: layers.map(named) },
});

/** A functional model while it is put together: each layer names those that it reads. */
export class Functional {
  readonly #layers: object[] = [];

  /** @returns the layer's name */
  add(layer: Described, ...reads: readonly string[]): string {
    const described = named(layer, this.#layers.length);
    const { name } = described.config;
    const inbound_nodes = reads.length === 0 ? [] : [reads.map((read) => [read, 0, 0, {}])];
    this.#layers.push({ name, ...described, inbound_nodes });
    return name;
  }

  /** One layer behind the other. @returns the last one's name */
  chain(read: string, ...layers: readonly Described[]): string {
    return layers.reduce((before, layer) => this.add(layer, before), read);
  }

  topology(first: string, last: string): object {
    return {
      class_name: 'Functional',
      config: { layers: this.#layers, input_layers: [[first, 0, 0]], output_layers: [[last, 0, 0]] },
    };
  }
}

/** Every layer gets a name of its own. */
const named = ({ class_name, config }: Described, place: number) => ({
  class_name,
  config: { name: `${class_name.toLowerCase()}_${place}`, ...config },
});

export const input = (...shape: readonly number[]): Described =>
  layer('InputLayer', { batch_input_shape: [null, ...shape] });

export const layer = (class_name: string, config: object = {}): Described => ({ class_name, config });

/** TensorFlow.js's default for the kernels is another one than Keras's. */
const kernel_initializer = 'glorot_uniform';

export const convolution = (filters: number, size: number, config: object = {}): Described =>
  layer('Conv2D', { filters, kernel_size: [size, size], padding: 'same', kernel_initializer, ...config });

/** Convolution, batch normalisation. */
export const normalized = (filters: number, size: number, stride = 1): Described[] => [
  convolution(filters, size, { strides: [stride, stride], use_bias: false }),
  layer('BatchNormalization'),
];

export const depthwise = (size: number, stride: number): Described[] => [
  layer('DepthwiseConv2D', {
    kernel_size: [size, size],
    strides: [stride, stride],
    padding: 'same',
    use_bias: false,
    depth_multiplier: 1,
  }),
  layer('BatchNormalization'),
];

export const relu = (): Described => layer('ReLU');

export const maxPooling = (): Described => layer('MaxPooling2D', { pool_size: [2, 2] });

export const averagePooling = (): Described => layer('AveragePooling2D', { pool_size: [2, 2] });

export const flatten = (): Described => layer('Flatten');

export const dropout = (rate: number): Described => layer('Dropout', { rate });

export const dense = (units: number, activation = 'linear'): Described =>
  layer('Dense', { units, activation, kernel_initializer });

/** TensorFlow.js's defaults are not Keras's here, either. */
export const recurrent = (kind: 'LSTM' | 'GRU', units: number): Described =>
  layer(kind, {
    units,
    recurrent_activation: 'sigmoid',
    kernel_initializer,
    ...(kind === 'GRU' ? { reset_after: false } : {}),
  });
