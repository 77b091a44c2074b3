export const simdChoices = ['auto', 'wide', 'relaxed', 'portable'] as const;
/**
 * Which build of the kernels (see `variants.ts`); 'auto': the fastest that this runtime accepts.
 * @useDeclaredType
 */
export type SimdChoice = (typeof simdChoices)[number];
