/** Floats of an entry of a list (kernels/assembly/nonzeros.ts). */
export const entryFloats = 2;

/** Columns of A whose part of B (6 panels, 30 KiB) stays in the first-level cache for all rows. */
const segmentLength = 80;

/** How a product over `depth` k's is cut where zeros are skipped. */
export const cutDepthForSkipping = (depth: number) => ({
  depth,
  segments: Math.ceil(depth / segmentLength),
  length: Math.min(depth, segmentLength),
});

/** Up to this share of values that are not zero, a product that skips zeros is faster, on every machine tried. */
const mostDense = 0.65;

/**
 * Whether to skip the zeros of a matrix. It changes no bits.
 * @param nonzeros of its parts, as the kernels count them: -1 where a value is not finite, whose products with the
 *   other matrix's zeros must not be left out
 * @param values how many values the matrix has
 */
export const isWorthSkipping = (nonzeros: readonly number[], values: number): boolean =>
  !nonzeros.includes(-1) && nonzeros.reduce((sum, count) => sum + count, 0) <= mostDense * values;
