/** What the operations' readers are given of a node. */
import { inputError } from '../../../errors.ts';
import { show } from '../../../model/keras/config/layer-config.ts';
import type { Shape } from '../../../shape.ts';
import type { NodeMessage } from '../messages.ts';
import type { Builder, Made, Sign, Weights } from './builder.ts';
import type { Constant, Settings } from './constants.ts';

export interface NodeReader {
  readonly node: NodeMessage;
  readonly settings: Settings;
  readonly builder: Builder;
  /** Its settings and the constants that it reads: where they are the same, nodes may be calls of one layer. */
  readonly key: string;
  /** How many nodes, and outputs of the model, read an input. */
  readers(index: number): number;
  /** Whether a layer makes an input. */
  isMade(index: number): boolean;
  /** An input that a layer makes, its examples in front. */
  made(index: number): Made;
  /** The same where they need not be: of recurrent operations and around them. */
  raw(index: number): Made;
  /** An input that tells which times count. */
  sign(index: number): Sign | undefined;
  /** All inputs, each made by a layer. */
  allMade(): readonly Made[];
  /** An input that stands in the file; undefined where there is none. */
  constant(index: number): Constant | undefined;
  /** A list that is an attribute, or in newer versions of the operation an input. */
  list(name: string, index: number): readonly number[] | undefined;
}

/** What a node becomes. */
export type ReadNode = (reader: NodeReader) => Made;

/** The error of a node that has no counterpart. */
export const refused = ({ node }: Pick<NodeReader, 'node'>, reason: string) =>
  inputError(`Its node ${show(node.name || node.output[0])} (${node.opType}) is not taken: ${reason}`);

/** A layer for the node, with the shape that it makes. */
export const layerOf = (
  reader: NodeReader,
  className: string,
  config: object,
  reads: readonly Made[],
  made: Omit<Made, 'layer'>,
  own?: Weights,
): Made => {
  const { node, builder } = reader;
  return builder.layer(node.name || node.opType, className, config, reads, made, own, reader.key);
};

/** float32 as it was meant: 0.1, and not 0.10000000149011612. */
export const round = (value: number): number => Number(value.toPrecision(7));

/** The image that ONNX sees channels first, as it stands: [height, width, channels]. */
export function image(reader: NodeReader, value: Made): Made {
  if (value.shape.length !== 3)
    throw refused(reader, `it reads ${value.shape.length + 1} dimensions, and images have 4`);
  if (value.isFirst) return value;
  const [channels, height, width] = value.shape;
  return permuted(reader, value, [2, 3, 1], [height, width, channels], true);
}

/** The tensor in ONNX's order. */
export function inOrder(reader: NodeReader, value: Made): Made {
  if (!value.isFirst) return value;
  const [height, width, channels] = value.shape;
  // Where there is one pixel, both orders are one.
  if (height * width === 1) return reshaped(reader, value, [channels, 1, 1]);
  return permuted(reader, value, [3, 1, 2], [channels, height, width], false);
}

const permuted = (
  reader: NodeReader,
  value: Made,
  dims: readonly number[],
  shape: Shape,
  isFirst: boolean,
): Made => layerOf(reader, 'Permute', { dims }, [value], { shape, isFirst });

export function reshaped(reader: NodeReader, value: Made, shape: Shape): Made {
  if (shape.join() === value.shape.join() && !value.isFirst) return value;
  return layerOf(reader, 'Reshape', { target_shape: shape }, [value], { shape, isFirst: false });
}
