/** A Keras-style configuration as it is put together from an ONNX graph. */
import type { Shape } from '../../../shape.ts';
import type { Constant } from './constants.ts';

/**
 * A tensor of the graph, and the layer that makes it. Images are [channels, height, width] to ONNX, and stand as [height,
 * width, channels]: `isFirst` says that ONNX means the other order than that of `shape`.
 */
export interface Made {
  readonly layer: string;
  /** Of an example, as the layer has it. */
  readonly shape: Shape;
  readonly isFirst: boolean;
  /** Where it is the sigmoid of another one. */
  readonly sigmoidOf?: Made;
  /** Whether ONNX has [times, batch, ...] where the layer has [batch, times, ...]. */
  readonly isTimeFirst?: boolean;
  /** Where ONNX has a dimension of one besides, of directions. */
  readonly directionAxis?: number;
  /** The node's other outputs. */
  readonly others?: readonly Made[];
}

/** A layer's weights by their names in it. */
export type Weights = Readonly<Record<string, Constant>>;

interface LayerJson {
  readonly class_name: string;
  readonly name: string;
  readonly config: Record<string, unknown>;
  readonly inbound_nodes: readonly unknown[];
}

export function createBuilder() {
  const layers: LayerJson[] = [];
  const names = new Set<string>();
  const weights = new Map<string, Constant>();

  const unique = (wanted: string): string => {
    const plain = wanted.replaceAll(/[^\w.-]+/g, '_').replace(/^_+/, '') || 'layer';
    let name = plain;
    for (let number = 1; names.has(name); number++) name = `${plain}_${number}`;
    names.add(name);
    return name;
  };
  const add = (
    wanted: string,
    className: string,
    config: object,
    reads: readonly Made[],
    own: Weights = {},
  ): string => {
    const name = unique(wanted);
    const nodes = reads.length === 0 ? [] : [reads.map(({ layer }) => [layer, 0, 0, {}])];
    layers.push({ class_name: className, name, config: { name, ...config }, inbound_nodes: nodes });
    for (const [weight, constant] of Object.entries(own)) weights.set(`${name}/${weight}`, constant);
    return name;
  };
  return {
    weights,
    /** A layer of the example's shape that it makes, in the order of `isFirst`. */
    layer(
      wanted: string,
      className: string,
      config: object,
      reads: readonly Made[],
      made: Omit<Made, 'layer'>,
      own?: Weights,
    ): Made {
      return { ...made, layer: add(wanted, className, config, reads, own) };
    },
    input(wanted: string, shape: Shape, isFirst: boolean): Made {
      return {
        layer: add(wanted, 'InputLayer', { batch_input_shape: [null, ...shape], dtype: 'float32' }, []),
        shape,
        isFirst,
      };
    },
    /** Gives a dense layer that has none a bias. @returns false where it is no such layer */
    addBias(layer: string, bias: Constant): boolean {
      const found = layers.find(({ name }) => name === layer);
      if (found?.class_name !== 'Dense' || found.config.use_bias !== false) return false;
      found.config.use_bias = true;
      weights.set(`${layer}/bias`, bias);
      return true;
    },
    topology(inputs: readonly Made[], outputs: readonly Made[]): object {
      const ends = (list: readonly Made[]) => list.map(({ layer }) => [layer, 0, 0]);
      return {
        class_name: 'Model',
        config: { name: 'model', layers, input_layers: ends(inputs), output_layers: ends(outputs) },
      };
    },
  };
}

export type Builder = ReturnType<typeof createBuilder>;
