import type { FourierPoints } from '../../../../kernels/generators/fourier.ts';
import type { Kernels } from '../../../../kernels/kernels.ts';
import { type MatmulRequest, matmulShape } from '../../../../kernels/matmul-shape.ts';
import type { AddressOf } from '../../../../kernels/struct.ts';
import { type MatmulShape, matmulShapeLayout } from '../../../../kernels/structs.ts';
import type { Arena } from '../../operation/arena.ts';

/**
 * A product of complex matrices, C = A conj(B), as three real ones (kernels/assembly/gauss.ts). What they take besides A
 * is made in scratch, bin by bin, so that memory has real and imaginary parts only.
 */
export interface GaussProduct {
  /** C = A B, and C = init + A B with init where C is. */
  readonly first: AddressOf<MatmulShape>;
  readonly next: AddressOf<MatmulShape>;
  /** From one part to the next. */
  readonly parts: { readonly a: number; readonly b: number; readonly c: number };
  /** From row to row of A as it is stored. */
  readonly aRow: number;
  readonly zeros: number;
}

export function gaussProduct(
  request: MatmulRequest & Pick<MatmulShape, 'cRow' | 'cPanel'>,
  { aRow, ...parts }: { readonly aRow: number } & GaussProduct['parts'],
  arena: Arena,
): GaussProduct {
  const added = { initRow: request.cRow, initPanel: request.cPanel };
  const [first, next] = [{}, added].map((init) =>
    arena.struct(matmulShapeLayout, matmulShape({ ...request, ...init })),
  );
  return { first, next, parts, aRow, zeros: arena.zeros };
}

/** Addresses of matrices, B's three parts among them. */
export interface Factors {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Scratch for as many rows as A has. */
  readonly sums: number;
  /** Of A as it is stored. */
  readonly storedRows: number;
  /** Of C. */
  readonly rows: number;
}

/** @param how along A's rows or across them */
export function multiplyBin(
  kernels: Kernels,
  how: 'matmul' | 'matmulAcross',
  { first, next, parts, aRow, zeros }: GaussProduct,
  { a, b, c, sums, storedRows, rows }: Factors,
  isReal: boolean,
): void {
  if (isReal) {
    kernels[how](first, a, b, zeros, c, rows);
    return;
  }
  const imaginary = c + parts.c;
  kernels.addGaussParts(a, aRow, parts.a, storedRows, sums);
  kernels[how](first, sums, b, zeros, imaginary, rows);
  kernels[how](next, a + parts.a, b + parts.b, imaginary, c, rows);
  kernels[how](next, a, b + 2 * parts.b, imaginary, imaginary, rows);
}

/** Whether a bin has no imaginary part: the first and the last one of the two real columns. */
export function isRealBin(bin: number, points: FourierPoints): boolean {
  const column = points / 2 + 1;
  return bin < 2 * column && (bin % column === 0 || bin % column === column - 1);
}
