import type { Kernels } from '../../../kernels/kernels.ts';
import type { Activation, RecurrentLayer } from '../../../model/sequence-layers.ts';
import { told } from '../layers/activation.ts';

/** Those of a layer's gates, in their order. */
export function gateActivations({
  kind,
  activation: act,
  recurrentActivation: rec,
}: RecurrentLayer): readonly (Activation | undefined)[] {
  return { simpleRNN: [act], lstm: [rec, rec, act, rec], gru: [rec, rec, act] }[kind];
}

export const isToldByInput = (within: Activation | undefined): boolean =>
  within !== undefined && told[within.activation] === 'input';

/** @param input may be the output too, where the slope is not told from it */
export function activate(
  kernels: Kernels,
  within: Activation | undefined,
  { input, output, count }: { readonly input: number; readonly output: number; readonly count: number },
): void {
  if (within !== undefined) kernels[`${within.activation}Forward`](input, output, count, within.setting ?? 0);
  else if (input !== output) kernels.copyRows(input, 0, output, 0, count * 4, 1);
}

/** Multiplies a gradient by the slope. */
export function activateBackward(
  kernels: Kernels,
  within: Activation | undefined,
  { input, output, count }: { readonly input: number; readonly output: number; readonly count: number },
  gradient: number,
): void {
  if (within === undefined) return;
  const from = isToldByInput(within) ? input : output;
  kernels[`${within.activation}Backward`](from, gradient, count, within.setting ?? 0);
}
