/** Where a network's inputs and outputs lie: those of one example stand one behind the other. */
import { type Shape, sizeOf } from '../shape.ts';
import { type Network, outputRows } from './network.ts';

/** An input or output. */
export interface End {
  /** Its number among the network's tensors. */
  readonly tensor: number;
  readonly shape: Shape;
  /** Its first value among those of all inputs, or outputs, of an example. */
  readonly offset: number;
  readonly size: number;
  /** How many rows it has: of an output, each has a loss of its own. */
  readonly rows: number;
}

type Unplaced = Pick<End, 'tensor' | 'shape'>;

export const inputEnds = ({ input, inputs = [input] }: Pick<Network, 'input' | 'inputs'>): readonly End[] =>
  placed(inputs.map((shape, tensor) => ({ tensor, shape })));

type Outputs = Pick<Network, 'inputs' | 'output' | 'outputs' | 'layers'>;

export const outputEnds = ({ inputs, output, outputs, layers }: Outputs): readonly End[] =>
  placed(outputs ?? [{ tensor: tensorOf({ inputs }, layers.length - 1), shape: output }]);

/** The tensor that the layer at a place in the network's list gives: the inputs are the first ones. */
export const tensorOf = (
  { inputs }: { readonly inputs?: readonly Shape[] | undefined },
  layer: number,
): number => (inputs?.length ?? 1) + layer;

/** Whether it has several inputs or outputs. */
export const hasSeveralEnds = ({ inputs, outputs }: Pick<Network, 'inputs' | 'outputs'>): boolean =>
  inputs !== undefined || outputs !== undefined;

/** The fields of a network with these inputs and outputs: lists stand where there are several only. */
export function endsOf(inputs: readonly Shape[], outputs: readonly Unplaced[]) {
  const [input, output] = [oneShape(inputs), oneShape(outputs.map(({ shape }) => shape))];
  return {
    input,
    ...(inputs.length > 1 ? { inputs } : {}),
    output,
    ...(outputs.length > 1 ? { outputs } : {}),
    classes: sizeOf(output),
  };
}

/** Of several, all values in a row. */
const oneShape = (shapes: readonly Shape[]): Shape =>
  shapes.length === 1 ? shapes[0] : [shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)];

function placed(ends: readonly Unplaced[]): End[] {
  let offset = 0;
  return ends.map(({ tensor, shape }) => {
    const size = sizeOf(shape);
    offset += size;
    return { tensor, shape, offset: offset - size, size, rows: outputRows({ output: shape }) };
  });
}
