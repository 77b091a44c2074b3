import { roundUp } from '../../../kernels/panels.ts';
import type { Parameter } from '../../../model/network.ts';
import type { Pass, PassShard } from '../operation/operation.ts';
import type { Compiler } from '../operation/row.ts';

/** gamma and beta of a normalisation, [size] each, either of which it may lack. */
export interface Scaling {
  /** Their addresses, 0 where there is none. */
  gammaAt(parameters: number): number;
  betaAt(parameters: number): number;
  /** Writes a shard's gradients: `sums` are beta's and behind them gamma's, [size] float64 each. */
  writeGradients(pass: Pass, shard: PassShard, sums: number): void;
}

export function scalingOf(
  { gamma, beta }: { readonly gamma?: Parameter; readonly beta?: Parameter },
  size: number,
  compiler: Pick<Compiler, 'packed'>,
): Scaling {
  const offsetOf = (weight: Parameter | undefined) => weight && compiler.packed(weight).offset;
  const [gammaOffset, betaOffset] = [offsetOf(gamma), offsetOf(beta)];
  const addressIn = (base: number, offset: number | undefined) => (offset === undefined ? 0 : base + offset);
  return {
    gammaAt: (parameters) => addressIn(parameters, gammaOffset),
    betaAt: (parameters) => addressIn(parameters, betaOffset),
    writeGradients(pass, { gradient }, sums) {
      write(pass, beta, addressIn(gradient, betaOffset), sums);
      write(pass, gamma, addressIn(gradient, gammaOffset), sums + size * 8);
    },
  };

  function write(
    { kernels, bytes }: Pass,
    weight: Parameter | undefined,
    target: number,
    sums: number,
  ): void {
    if (weight === undefined || weight.untrained !== undefined) return;
    bytes.fill(0, target, target + roundUp(size) * 4);
    kernels.roundSums(sums, size, target);
  }
}
