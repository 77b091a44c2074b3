/** One build of the kernels. */
export interface KernelVariant {
  readonly name: 'relaxed' | 'portable';
  /** The matrix product's tile: rows by vectors of 4 columns. Changes no bits. */
  readonly tileRows: number;
  readonly tileVectors: number;
  readonly options: readonly string[];
}

/** In the order of preference; the first one that the runtime accepts is taken. */
export const kernelVariants: readonly KernelVariant[] = [
  { name: 'relaxed', tileRows: 6, tileVectors: 2, options: ['--enable', 'relaxed-simd'] },
  { name: 'portable', tileRows: 4, tileVectors: 2, options: [] },
];
