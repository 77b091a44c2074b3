/** What constraints make of weights, as they lie in this engine's order. */
import { panelBytes, panelWidth, roundUp } from '../../kernels/panels.ts';
import {
  type Constraint,
  type Network,
  type NormBounds,
  type Parameter,
  parametersOf,
} from '../../model/network.ts';
import { constrain } from '../../optimizer/constraint.ts';
import { sizeOf } from '../../shape.ts';
import type { ConstrainedWeight, DeferredRequest } from '../engine.ts';
import type { Arena } from './operation/arena.ts';
import type { Pass } from './operation/operation.ts';
import type { Packing } from './operation/packing.ts';

/** A weight with a constraint. */
export interface CompiledConstraint extends Omit<ConstrainedWeight, 'constrain'> {
  readonly weight: Parameter;
  /** @param at the weight's address */
  apply(pass: Pick<Pass, 'kernels' | 'floats'>, at: number): void;
}

export const constrainedBy = (
  constraints: readonly CompiledConstraint[],
  pass: Pick<Pass, 'kernels' | 'floats'>,
): ConstrainedWeight[] =>
  constraints.map(({ first, floats, apply }) => ({
    ...{ first, floats },
    constrain: (parameters) => apply(pass, parameters + first * 4),
  }));

/** A weight as panels of rows of 16: which of its axes go along the rows, slowest first, and which one along the lanes. */
interface Panels {
  readonly shape: Parameter['shape'];
  readonly rowAxes: readonly number[];
  readonly laneAxis: number;
  /** Rows from a panel to the next one. */
  readonly panelRows: number;
}

/** Of those that train. */
export function constraintsOf(packing: Packing, arena: Arena): CompiledConstraint[] {
  const matrices = packing.parameters.map(({ parameter, offset, rows, columns }) => {
    const { shape } = parameter;
    const isFlat = rows === 1 && shape.length > 1;
    const panels = {
      shape,
      rowAxes: shape.slice(0, -1).map((_, axis) => axis),
      laneAxis: shape.length - 1,
      panelRows: rows,
    };
    return {
      weight: parameter,
      offset,
      floats: rows * roundUp(columns),
      panels: isFlat ? undefined : panels,
    };
  });
  const wide = packing.wideKernels.map(({ parameter, offset, inputs, units }) => ({
    ...{ weight: parameter, offset, floats: roundUp(inputs) * roundUp(units) },
    panels: { shape: [inputs, units], rowAxes: [1], laneAxis: 0, panelRows: roundUp(units) },
  }));
  return [...matrices, ...wide].flatMap(({ weight, offset, floats, panels }) => {
    const { constraint, untrained } = weight;
    if (constraint === undefined || untrained !== undefined) return [];
    const apply = applying(constraint, weight, { floats, panels }, arena);
    return [{ weight, first: offset / 4, floats, apply }];
  });
}

/** @param panels absent where the values lie in natural order */
function applying(
  constraint: Constraint,
  weight: Parameter,
  { floats, panels }: { readonly floats: number; readonly panels: Panels | undefined },
  arena: Arena,
): CompiledConstraint['apply'] {
  if (constraint.kind === 'nonNegative') return ({ kernels }, at) => kernels.reluForward(at, at, floats, 0);
  if (panels === undefined)
    return ({ floats: all }, at) => constrain(constraint, weight, all.subarray(at / 4, at / 4 + weight.size));
  const { least, most, rate } = constraint;
  const groups = groupsOf(constraint, panels);
  const table = arena.table(groups.flat().map((row) => row * panelBytes));
  const kernel = constraint.axes.includes(panels.laneAxis) ? 'constrainRows' : 'constrainLanes';
  return ({ kernels }, at) => kernels[kernel](at, table, groups.length, groups[0].length, least, most, rate);
}

/** The rows of each norm: of one panel where each lane has a norm of its own, else of all panels. */
function groupsOf({ axes }: NormBounds, { shape, rowAxes, laneAxis, panelRows }: Panels): number[][] {
  const isAcross = axes.includes(laneAxis);
  const groups = new Map<string, number[]>();
  const rows = sizeOf(rowAxes.map((axis) => shape[axis]));
  for (let panel = 0; panel < roundUp(shape[laneAxis]) / panelWidth; panel++)
    for (let row = 0; row < rows; row++) {
      const place = placeOf(
        row,
        rowAxes.map((axis) => shape[axis]),
      );
      const apart = place.filter((_, at) => !axes.includes(rowAxes[at]));
      const key = [...(isAcross ? [] : [panel]), ...apart].join();
      groups.set(key, [...(groups.get(key) ?? []), panel * panelRows + row]);
    }
  return [...groups.values()];
}

function placeOf(row: number, sizes: readonly number[]): number[] {
  let left = row;
  return sizes
    .toReversed()
    .map((size) => {
      const at = left % size;
      left = Math.floor(left / size);
      return at;
    })
    .toReversed();
}

/**
 * Which part computes the deferred gradients of a layer: where a weight among them has a constraint, one part all of
 * them.
 * @returns the part's request; undefined where another part computes them
 */
export function dividing(
  { layers }: Pick<Network, 'layers'>,
  { slotFloats }: Packing,
  all: readonly CompiledConstraint[],
) {
  const deferred = new Set(all.filter(({ first }) => first >= slotFloats).map(({ weight }) => weight.name));
  const whole = layers.filter((layer) => parametersOf(layer).some(({ name }) => deferred.has(name)));
  const names = [...new Set(whole.map(({ name }) => name))];
  return (layer: string, request: DeferredRequest): DeferredRequest | undefined => {
    const place = names.indexOf(layer);
    if (place < 0) return request;
    return place % request.parts === request.part ? { ...request, part: 0, parts: 1 } : undefined;
  };
}
