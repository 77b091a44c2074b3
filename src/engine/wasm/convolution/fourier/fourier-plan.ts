import type { Conv2dLayer } from '../../../../model/network.ts';

/** How an image is cut into tiles of 16 x 16 for a convolution of stride 1. */
export interface FourierPlan {
  readonly tiles: readonly FourierTile[];
  /** Rows and columns by which the kernel is moved up and left, around the tile's edge. */
  readonly shift: readonly [number, number];
}

/** The parts of input and output of a tile; tiles of the input overlap, those of the output do not. */
export interface FourierTile {
  readonly input: readonly [Part, Part];
  readonly output: readonly [Part, Part];
}

/** Rows, or columns, of the image, and where they stand in the tile. */
export interface Part {
  readonly first: number;
  readonly count: number;
  readonly inTile: number;
}

/** Points of a transform. */
const points = 16;

export function fourierPlan(layer: Conv2dLayer): FourierPlan {
  const { padding } = layer;
  const [vertical, horizontal] = [
    axisPlan(layer, 0, padding.top, padding.bottom),
    axisPlan(layer, 1, padding.left, padding.right),
  ];
  return {
    tiles: vertical.tiles.flatMap((row) =>
      horizontal.tiles.map((column) => ({
        input: [row.input, column.input] as const,
        output: [row.output, column.output] as const,
      })),
    ),
    shift: [vertical.shift, horizontal.shift],
  };
}

/**
 * Where image and padding fit into 16, one tile does: what goes around the edge meets padding only. Larger images are
 * cut so that nothing goes around: of each tile, 16 - kernel + 1 outputs are right.
 */
function axisPlan({ input, output, kernelSize }: Conv2dLayer, axis: 0 | 1, before: number, after: number) {
  const [size, outputs] = [input[axis], output[axis]];
  if (size + Math.max(before, after) <= points)
    return {
      shift: before,
      tiles: [{ input: part(0, size, 0), output: part(0, outputs, 0) }],
    };
  const step = points - kernelSize[axis] + 1;
  const tiles = Array.from({ length: Math.ceil(outputs / step) }, (_, tile) => {
    const start = tile * step - before;
    const first = Math.max(0, start);
    return {
      input: part(first, Math.min(size, start + points) - first, first - start),
      output: part(tile * step, Math.min(step, outputs - tile * step), 0),
    };
  });
  return { shift: 0, tiles };
}

const part = (first: number, count: number, inTile: number): Part => ({ first, count, inTile });
