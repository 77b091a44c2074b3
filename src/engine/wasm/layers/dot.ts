import type { Kernels } from '../../../kernels/kernels.ts';
import { cutDepth, matmulShape } from '../../../kernels/matmul-shape.ts';
import { panelBytes, roundUp } from '../../../kernels/panels.ts';
import { matmulShapeLayout } from '../../../kernels/structs.ts';
import type { DotLayer } from '../../../model/network.ts';
import type { Arena } from '../operation/arena.ts';
import { addressOf, type Operation } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

export const dotRow: LayerRow<DotLayer> = {
  takes: asImages,
  keeps: () => 'input',
  compile: (node, compiler) => [dot(node, compiler)],
};

/** O = L R, dL = dO R', dR = L' dO, each of them as its layer has it: as it is, or transposed. */
function dot({ layer, buffers }: CompiledNode<DotLayer>, { arena, edge }: Compiler): Operation {
  const { inputs, output, dOutput, dInputs } = buffers;
  const { rows, depth, columns, transposed } = layer;
  const scratch = [arena.floats(rows * depth), arena.floats(depth * columns)] as const;
  const panels = arena.floats(
    Math.max(depth * roundUp(columns), columns * roundUp(depth), rows * roundUp(columns)),
  );
  const forwardProduct = product({ rows, depth, columns }, panels, arena, edge);
  const leftGradient = product({ rows, depth: columns, columns: depth }, panels, arena, edge);
  const rightGradient = product({ rows: depth, depth: rows, columns }, panels, arena, edge);
  const sizes = [
    [rows, depth],
    [depth, columns],
  ] as const;
  return {
    perExample: isImage(layer),
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++) {
        const [left, right] = [matrix(kernels, 0, example, false), matrix(kernels, 1, example, false)];
        forwardProduct(kernels, left, right, addressOf(output, example));
      }
    },
    backward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++) {
        const from = addressOf(dOutput, example);
        gradient(kernels, 0, example, (to) =>
          leftGradient(kernels, from, matrix(kernels, 1, example, true), to),
        );
        gradient(kernels, 1, example, (to) =>
          rightGradient(kernels, matrix(kernels, 0, example, true), from, to),
        );
      }
    },
  };

  /** An input in its own order of dimensions, or turned. */
  function matrix(kernels: Kernels, place: 0 | 1, example: number, turned: boolean): number {
    const address = addressOf(inputs[place], example);
    if (transposed[place] === turned) return address;
    const [height, width] = transposed[place] ? sizes[place].toReversed() : sizes[place];
    kernels.transposeMatrix(address, scratch[place], height, width);
    return scratch[place];
  }

  function gradient(kernels: Kernels, place: 0 | 1, example: number, compute: (to: number) => void): void {
    const dInput = dInputs[place];
    if (dInput === undefined) return;
    const to = addressOf(dInput, example);
    if (!transposed[place]) {
      compute(to);
      return;
    }
    compute(scratch[place]);
    kernels.transposeMatrix(scratch[place], to, ...sizes[place]);
  }
}

/** C = A B, [rows, depth] times [depth, columns]. */
function product(
  { rows, depth, columns }: Pick<DotLayer, 'rows' | 'depth' | 'columns'>,
  panels: number,
  arena: Arena,
  edge: number,
) {
  const shape = arena.struct(
    matmulShapeLayout,
    matmulShape({
      ...{
        aRow: depth * 4,
        bPanel: depth * panelBytes,
        cRow: columns * 4,
        cPanel: panelBytes,
        columns,
        edge,
      },
      ...cutDepth(depth),
    }),
  );
  return (kernels: Kernels, a: number, b: number, c: number): void => {
    kernels.packPanels(b, panels, depth, columns, depth * panelBytes);
    kernels.matmul(shape, a, panels, arena.zeros, c, rows);
  };
}
