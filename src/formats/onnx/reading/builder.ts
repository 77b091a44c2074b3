/** The layers of an ONNX graph as they are put together: each node is the call of a layer. */
import type { Shape } from '../../../shape.ts';
import type { Constant } from './constants.ts';

/**
 * A tensor of the graph, and the layer that makes it. Images are [channels, height, width] to ONNX, and stand as [height,
 * width, channels]: `isFirst` says that ONNX means the other order than that of `shape`.
 */
export interface Made {
  /** The call that makes it. */
  readonly layer: string;
  /** Of an example, as the layer has it. */
  readonly shape: Shape;
  readonly isFirst: boolean;
  /** Where it is the sigmoid of another one. */
  readonly sigmoidOf?: Made;
  /** ONNX's dimensions where the batch is not in front: t times, b batch, d directions or layers, v values. */
  readonly layout?: string | undefined;
  /** Those along d. */
  readonly parts?: readonly Made[] | undefined;
  /** Whether ONNX has the times in the other order. */
  readonly isReversed?: boolean;
  /** Where only times that count are there, in front. */
  readonly packed?: Packed | undefined;
  /** The node's other outputs. */
  readonly others?: readonly Made[];
}

/** A time counts where any of its values is another one. */
export interface Mask {
  readonly of: Made;
  readonly value: number;
}

/** Times that count moved to the front, in the order of the steps. */
export interface Packed {
  readonly mask: Mask;
  readonly isBackward: boolean;
  /** Whether zeros, of no step, stand before them. */
  readonly isPadded: boolean;
}

/** equal, unequal: value by value. mask: of times. keys: larger for earlier steps. places: steps until a time. */
export type Sign =
  | { readonly kind: 'equal' | 'unequal' | 'mask'; readonly mask: Mask }
  | { readonly kind: 'keys' | 'order'; readonly mask: Mask; readonly isBackward: boolean }
  | {
      readonly kind: 'places';
      readonly mask: Mask;
      readonly isBackward: boolean;
      readonly isLast: boolean;
    };

/** A layer's weights by their names in it. */
export type Weights = Readonly<Record<string, Constant>>;

export interface Call {
  readonly id: string;
  readonly className: string;
  config: Readonly<Record<string, unknown>>;
  readonly reads: readonly string[];
  /** Of the example that it reads first. */
  readonly input: Shape;
  own: Weights;
  /** Which constants and settings of the file it has: calls that have the same are of one layer. */
  key: string;
  /** Of a recurrent layer: whether it leaves out times. */
  isMasked?: boolean;
}

/** A time of a sequence: a recurrent layer may give it as its only one. */
export const atTime = 'at a time';

export function createBuilder() {
  const calls = new Map<string, Call>();

  const unique = (wanted: string): string => {
    const plain = wanted.replaceAll(/[^\w.-]+/g, '_').replace(/^_+/, '') || 'layer';
    let name = plain;
    for (let number = 1; calls.has(name); number++) name = `${plain}_${number}`;
    return name;
  };
  const add = (
    wanted: string,
    className: string,
    config: object,
    reads: readonly Made[],
    own: Weights = {},
    key = '',
  ): string => {
    const id = unique(wanted);
    const ids = reads.map(({ layer }) => layer);
    calls.set(id, {
      ...{ id, className, own, key, reads: ids },
      config: { ...config },
      input: reads[0]?.shape ?? [],
    });
    return id;
  };
  return {
    calls,
    /** A layer of the example's shape that it makes, in the order of `isFirst`. */
    layer(
      wanted: string,
      className: string,
      config: object,
      reads: readonly Made[],
      made: Omit<Made, 'layer'>,
      own?: Weights,
      key?: string,
    ): Made {
      return { ...made, layer: add(wanted, className, config, reads, own, key) };
    },
    input(wanted: string, shape: Shape, isFirst: boolean): Made {
      const config = { batch_input_shape: [null, ...shape], dtype: 'float32' };
      return { layer: add(wanted, 'InputLayer', config, []), shape, isFirst };
    },
    /** Gives a dense layer that has none a bias. @returns false where it is no such layer */
    addBias(layer: string, bias: Constant, key: string): boolean {
      const call = calls.get(layer);
      if (call?.className !== 'Dense' || call.config.use_bias !== false) return false;
      call.config = { ...call.config, use_bias: true };
      call.own = { ...call.own, bias };
      call.key += ` ${key}`;
      return true;
    },
  };
}

export type Builder = ReturnType<typeof createBuilder>;
