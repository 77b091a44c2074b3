import type { Network, Parameter } from '../../model/network.ts';
import { panelWidth, roundUp } from './panels.ts';

/**
 * The order in which this engine keeps parameters, their gradients and the optimizer's state: a kernel, a matrix of
 * [rows, columns] (columns: units or filters), stands as panels of 16 columns, [ceil(columns / 16), rows, 16]; a bias
 * is a kernel of one row. The columns beyond the last one are zero, and stay so, as their gradients are zero.
 */
export interface PackedParameter {
  readonly parameter: Parameter;
  /** Byte offset within a packed parameter buffer. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}

export interface Packing {
  readonly parameters: readonly PackedParameter[];
  /** Elements of a packed buffer. */
  readonly floats: number;
}

export function packingOf(network: Network): Packing {
  let floats = 0;
  const parameters = network.parameters.map((parameter) => {
    const columns = parameter.shape.at(-1) ?? 1;
    const rows = parameter.size / columns;
    const packed = { parameter, offset: floats * 4, rows, columns };
    floats += rows * roundUp(columns);
    return packed;
  });
  return { parameters, floats };
}

/** Natural order to packed order; every element of `packed` is written. */
export function pack(packing: Packing, natural: Float32Array, packed: Float32Array): void {
  packed.fill(0);
  for (const entry of packing.parameters)
    eachElement(entry, (from, to) => {
      packed[to] = natural[from];
    });
}

/** Packed order to natural order. */
export function unpack(packing: Packing, packed: Float32Array, natural: Float32Array): void {
  for (const entry of packing.parameters)
    eachElement(entry, (to, from) => {
      natural[to] = packed[from];
    });
}

function eachElement(entry: PackedParameter, visit: (natural: number, packed: number) => void): void {
  const { rows, columns, offset, parameter } = entry;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const panel = Math.floor(column / panelWidth);
      const packed = offset / 4 + (panel * rows + row) * panelWidth + (column % panelWidth);
      visit(parameter.offset + row * columns + column, packed);
    }
}
