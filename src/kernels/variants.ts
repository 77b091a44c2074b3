/**
 * One build of the kernels.
 * - wide: pairs of neighbouring 128-bit operations, which V8 fuses into 256-bit ones where its revectorize flag is on
 * - relaxed: 128 bits, with a fused multiply-add where the processor has one; the same bits as wide
 * - portable: for runtimes without relaxed SIMD; multiply and add round separately, so its bits are others
 */
export interface KernelVariant {
  readonly name: 'wide' | 'relaxed' | 'portable';
  /** The matrix product's tile: rows by vectors of 4 columns. Changes no bits. */
  readonly tileRows: number;
  readonly tileVectors: number;
  /** Rows of a tile of half a panel. */
  readonly narrowRows: number;
  readonly options: readonly string[];
}

export const kernelVariants: readonly KernelVariant[] = [
  { name: 'wide', tileRows: 6, tileVectors: 4, narrowRows: 8, options: ['--enable', 'relaxed-simd'] },
  { name: 'relaxed', tileRows: 6, tileVectors: 2, narrowRows: 6, options: ['--enable', 'relaxed-simd'] },
  { name: 'portable', tileRows: 4, tileVectors: 2, narrowRows: 4, options: [] },
];
