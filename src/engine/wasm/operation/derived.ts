import type { Kernels } from '../../../kernels/kernels.ts';
import { panelWidth } from '../../../kernels/panels.ts';

/** What is derived of some parameters; see Derivation in ../engine.ts. */
export interface CompiledDerivation {
  /** The layer's name. */
  readonly layer: string;
  readonly first: number;
  readonly floats: number;
  derive(kernels: Kernels, parameters: number): void;
}

/** The values behind the parameters of a buffer, laid out when the network is compiled. */
export interface Derived {
  readonly derivations: readonly CompiledDerivation[];
  /** Elements of all values. */
  floats(): number;
  /** @returns the byte offset of `count` floats within a buffer of parameters */
  take(count: number): number;
  add(derivation: CompiledDerivation): void;
}

/** @param parameterFloats where the values begin, a multiple of 16 */
export function createDerived(parameterFloats: number): Derived {
  let end = parameterFloats;
  const derivations: CompiledDerivation[] = [];
  return {
    derivations,
    floats: () => end - parameterFloats,
    take(count) {
      const offset = end * 4;
      end += Math.ceil(count / panelWidth) * panelWidth;
      return offset;
    },
    add: (derivation) => void derivations.push(derivation),
  };
}
