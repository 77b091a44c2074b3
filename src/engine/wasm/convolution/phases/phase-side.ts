import { cutDepth } from '../../../../kernels/matmul-shape.ts';
import { panelBytes } from '../../../../kernels/panels.ts';
import type { Arena } from '../../operation/arena.ts';
import { addressOf, type Pass, shardOf, type Tensor } from '../../operation/operation.ts';
import { type GaussProduct, gaussProduct } from './gauss-products.ts';
import type { PhasePlan } from './phase-plan.ts';
import { type SpectraLayout, spectraLayout, type TilePart } from './phase-shapes.ts';

/** What a side of a convolution is compiled from. */
export interface SideRequest {
  readonly plan: PhasePlan;
  readonly width: number;
  /** Of the other side. */
  readonly otherWidth: number;
  /** Images at a time. */
  readonly images: number;
  readonly partsOf: (layout: SpectraLayout) => readonly (readonly TilePart[])[];
  readonly arena: Arena;
  /** Address of a tile. */
  readonly tile: number;
  /** Address of as many spectra as there are images at a time. */
  readonly scratch: () => number;
  /** Where spectra stay for the kernel's gradient: those of so many images. */
  readonly left: { readonly batch: Arena; readonly images: number } | undefined;
}

/** Examples of a call. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/** Spectra of a range, and their product with a bin of the weights. */
export interface Taken {
  readonly address: number;
  readonly layout: SpectraLayout;
  readonly product: GaussProduct;
}

/** The images, or the grids: each as tiles and their spectra. */
export interface PhaseSide {
  /** Transforms them; they stay in the memory of the batch while training, if they are left there. */
  take(pass: Pass, source: Tensor, range: Range): Taken;
  /** Visits the parts of all tiles with the addresses of their spectra in scratch and of their pixels. */
  eachPart(target: Tensor, range: Range, visit: VisitPart): void;
  readonly left: { readonly layout: SpectraLayout; readonly address: number } | undefined;
}

type VisitPart = (part: TilePart, spectrum: number, pixels: number) => void;

export function phaseSide(request: SideRequest): PhaseSide {
  const { plan, width, images, scratch, tile } = request;
  const tiles = plan.tiles.length;
  const own = place(request, images);
  const left = request.left && {
    ...place(request, request.left.images),
    address: request.left.batch.floats(layoutOf(request, request.left.images, width).floats),
  };
  return {
    take(pass, source, range) {
      const at = pass.training ? left : undefined;
      const { layout, product } = at ?? own;
      const start =
        at === undefined ? scratch() : at.address + rowOf(pass, range.first) * tiles * layout.rowBytes;
      each(at ?? own, start, source, range, (part, spectrum, pixels) =>
        pass.kernels.imageSpectrum(part.shape, pixels, tile, spectrum),
      );
      return { address: start, layout, product };
    },
    eachPart: (target, range, visit) => each(own, scratch(), target, range, visit),
    left,
  };

  function each(
    { layout, parts }: Place,
    spectra: number,
    tensor: Tensor,
    { first, count }: Range,
    visit: VisitPart,
  ): void {
    for (let example = 0; example < count; example++) {
      const pixels = addressOf(tensor, first + example);
      for (let index = 0; index < tiles; index++) {
        const spectrum = spectra + (example * tiles + index) * layout.rowBytes;
        for (const part of parts[index]) visit(part, spectrum + part.inSpectrum, pixels + part.offset);
      }
    }
  }
}

/** An example's place in the batch. */
function rowOf(pass: Pass, example: number): number {
  const { first, batchFirst } = shardOf(pass, example);
  return batchFirst + example - first;
}

interface Place {
  readonly layout: SpectraLayout;
  readonly parts: readonly (readonly TilePart[])[];
  readonly product: GaussProduct;
}

/** Spectra of so many images, and their product with weights, which goes to the other side's scratch. */
function place(request: SideRequest, images: number): Place {
  const { width, otherWidth, partsOf, arena } = request;
  const layout = layoutOf(request, images, width);
  const to = layoutOf(request, request.images, otherWidth);
  const product = gaussProduct(
    {
      ...{ aRow: layout.rowBytes, bPanel: 3 * width * panelBytes, ...cutDepth(width) },
      ...{ cRow: to.rowBytes, cPanel: panelBytes, columns: otherWidth },
    },
    { aRow: layout.rowBytes, a: width * 4, b: width * panelBytes, c: otherWidth * 4 },
    arena,
  );
  return { layout, parts: partsOf(layout), product };
}

const layoutOf = ({ plan: { points, tiles } }: SideRequest, images: number, width: number): SpectraLayout =>
  spectraLayout(points, images * tiles.length, width);
