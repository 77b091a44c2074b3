import type { Network, Parameter } from '../../model/network.ts';
import { panelWidth, roundUp } from './panels.ts';

/**
 * The order in which this engine keeps parameters, their gradients and the optimizer's state: first what has its
 * gradients in slots (kernels of convolutions, biases), then what moves by itself (running averages, in slots too),
 * then what has deferred gradients (kernels of dense layers), then what does not move (frozen layers). Padding is zero,
 * and stays so, as its gradient is zero.
 */
export interface Packing {
  readonly parameters: readonly PackedParameter[];
  readonly wideKernels: readonly PackedWideKernel[];
  /** Elements that have slots: gradients, and behind them how far those of `stateFloats` were moved. */
  readonly slotFloats: number;
  readonly stateFloats: number;
  /** Elements at the end that nothing moves. */
  readonly constantFloats: number;
  /** Elements of all parameters. */
  readonly floats: number;
}

/**
 * A matrix of [rows, columns] (columns: units or filters) in panels of 16 columns, [ceil(columns / 16), rows, 16]; a
 * bias is a matrix of one row.
 */
export interface PackedParameter {
  readonly parameter: Parameter;
  /** Byte offset within a packed parameter buffer. */
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}

/** A kernel whose gradient is deferred: both sizes are rounded up to whole panels. */
export interface PackedWideKernel {
  readonly parameter: Parameter;
  /** Byte offset of [inputs / 16, units, 16], as the gradients of the kernel and of the input need it. */
  readonly offset: number;
  readonly inputs: number;
  readonly units: number;
}

/** @param wideOnes those of the parameters that are packed as wide kernels */
export function packingOf(
  { parameters: all }: Pick<Network, 'parameters'>,
  wideOnes: readonly Parameter[] = [],
): Packing {
  const wide = new Set(wideOnes);
  const parameters: PackedParameter[] = [];
  const wideKernels: PackedWideKernel[] = [];
  let floats = 0;
  const place = (parameter: Parameter): void => {
    const offset = floats * 4;
    if (wide.has(parameter)) {
      const [inputs, units] = parameter.shape;
      wideKernels.push({ parameter, offset, inputs, units });
      floats += wideSize(parameter);
      return;
    }
    const columns = parameter.shape.at(-1) ?? 1;
    const rows = parameter.size / columns;
    parameters.push({ parameter, offset, rows, columns });
    floats += rows * roundUp(columns);
  };
  const placeThose = (belongs: (parameter: Parameter) => boolean): number => {
    const start = floats;
    all.filter(belongs).forEach(place);
    return floats - start;
  };
  placeThose((parameter) => parameter.untrained === undefined && !wide.has(parameter));
  const stateFloats = placeThose(({ untrained }) => untrained === 'average');
  const slotFloats = floats;
  placeThose((parameter) => parameter.untrained === undefined && wide.has(parameter));
  const constantFloats = placeThose(({ untrained }) => untrained === 'frozen');
  return { parameters, wideKernels, slotFloats, stateFloats, constantFloats, floats };
}

/** Natural order to packed order; every element of `packed` is written. */
export function pack(packing: Packing, natural: Float32Array, packed: Float32Array): void {
  packed.fill(0);
  eachElement(packing, (from, to) => {
    packed[to] = natural[from];
  });
}

/** Packed order to natural order. */
export function unpack(packing: Packing, packed: Float32Array, natural: Float32Array): void {
  eachElement(packing, (to, from) => {
    natural[to] = packed[from];
  });
}

const wideSize = ({ shape }: Parameter): number => shape.reduce((size, side) => size * roundUp(side), 1);

type Visit = (natural: number, packed: number) => void;

function eachElement({ parameters, wideKernels }: Packing, visit: Visit): void {
  for (const { parameter, offset, rows, columns } of parameters)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        visit(parameter.offset + row * columns + column, offset / 4 + panelIndex(column, row, rows));
  for (const { parameter, offset, inputs, units } of wideKernels) {
    const wideUnits = roundUp(units);
    for (let input = 0; input < inputs; input++)
      for (let unit = 0; unit < units; unit++)
        visit(parameter.offset + input * units + unit, offset / 4 + panelIndex(input, unit, wideUnits));
  }
}

/** Where an element stands in panels of 16 columns with `rows` rows each. */
const panelIndex = (column: number, row: number, rows: number): number =>
  (Math.floor(column / panelWidth) * rows + row) * panelWidth + (column % panelWidth);
