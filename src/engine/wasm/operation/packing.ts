import { panelWidth, roundUp } from '../../../kernels/panels.ts';
import type { Network, Parameter } from '../../../model/network.ts';
import type { WeightPlace } from '../../engine.ts';

/**
 * The order in which this engine keeps parameters, their gradients and the optimizer's state: first what has its
 * gradients in slots (kernels of convolutions, biases), then what moves by itself (running averages, in slots too),
 * then what has deferred gradients (kernels of dense layers, embeddings), then what does not move (frozen layers). Padding is zero,
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
  /** Where each of the network's parameters lies. */
  readonly places: readonly WeightPlace[];
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

/** Parameters that are not packed as matrices with slots. */
export interface PackingChoices {
  /** Those with deferred gradients that are packed as wide kernels. */
  readonly deferred?: readonly Parameter[];
  /** The others with deferred gradients. */
  readonly deferredRows?: readonly Parameter[];
  /** Those that are packed as a matrix of one row, and so stay in natural order. */
  readonly flat?: readonly Parameter[];
}

export function packingOf(
  { parameters: all }: Pick<Network, 'parameters'>,
  { deferred: wideOnes = [], deferredRows = [], flat: flatOnes = [] }: PackingChoices = {},
): Packing {
  const wide = new Set(wideOnes);
  const deferred = new Set([...wideOnes, ...deferredRows]);
  const flat = new Set(flatOnes);
  const parameters: PackedParameter[] = [];
  const wideKernels: PackedWideKernel[] = [];
  const places: WeightPlace[] = [];
  let floats = 0;
  const placeAt = (parameter: Parameter, offset: number): number => {
    if (wide.has(parameter)) {
      const [inputs, units] = parameter.shape;
      wideKernels.push({ parameter, offset, inputs, units });
      return wideSize(parameter);
    }
    const columns = flat.has(parameter) ? parameter.size : (parameter.shape.at(-1) ?? 1);
    const rows = parameter.size / columns;
    parameters.push({ parameter, offset, rows, columns });
    return rows * roundUp(columns);
  };
  const place = (parameter: Parameter): void => {
    const size = placeAt(parameter, floats * 4);
    places[all.indexOf(parameter)] = { first: floats, floats: size };
    floats += size;
  };
  const placeThose = (belongs: (parameter: Parameter) => boolean): number => {
    const start = floats;
    all.filter(belongs).forEach(place);
    return floats - start;
  };
  placeThose((parameter) => parameter.untrained === undefined && !deferred.has(parameter));
  const stateFloats = placeThose(({ untrained }) => untrained === 'average');
  const slotFloats = floats;
  placeThose((parameter) => parameter.untrained === undefined && deferred.has(parameter));
  const constantFloats = placeThose(({ untrained }) => untrained === 'frozen');
  return { parameters, wideKernels, slotFloats, stateFloats, constantFloats, floats, places };
}

/** Natural order to packed order; every element of `packed` is written. */
export function pack(packing: Packing, natural: Float32Array, packed: Float32Array): void {
  packed.fill(0);
  eachRun(packing, (from, fromStep, to, toStep, count) => {
    for (let index = 0; index < count; index++)
      packed[to + index * toStep] = natural[from + index * fromStep];
  });
}

/** Packed order to natural order. */
export function unpack(packing: Packing, packed: Float32Array, natural: Float32Array): void {
  eachRun(packing, (to, toStep, from, fromStep, count) => {
    for (let index = 0; index < count; index++)
      natural[to + index * toStep] = packed[from + index * fromStep];
  });
}

const wideSize = ({ shape }: Parameter): number => shape.reduce((size, side) => size * roundUp(side), 1);

/** Elements at equal distances: the first one's places, and from one to the next. */
type VisitRun = (
  natural: number,
  naturalStep: number,
  packed: number,
  packedStep: number,
  count: number,
) => void;

/** Units of a panel that stay in the first-level cache. */
const blockUnits = 64;

function eachRun({ parameters, wideKernels }: Packing, visit: VisitRun): void {
  for (const { parameter, offset, rows, columns } of parameters)
    for (let column = 0; column < columns; column += panelWidth)
      for (let row = 0; row < rows; row++) {
        const [from, to] = [
          parameter.offset + row * columns + column,
          offset / 4 + column * rows + row * panelWidth,
        ];
        visit(from, 1, to, 1, Math.min(panelWidth, columns - column));
      }
  for (const { parameter, offset, inputs, units } of wideKernels) {
    const wideUnits = roundUp(units);
    for (let panel = 0; panel < inputs; panel += panelWidth)
      for (let unit = 0; unit < units; unit += blockUnits)
        for (let input = panel; input < Math.min(panel + panelWidth, inputs); input++) {
          const to = offset / 4 + panel * wideUnits + unit * panelWidth + input - panel;
          visit(
            parameter.offset + input * units + unit,
            1,
            to,
            panelWidth,
            Math.min(blockUnits, units - unit),
          );
        }
  }
}
