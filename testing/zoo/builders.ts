/** What the models of the zoo are made of. */
import {
  type LayersModel,
  model,
  type Sequential,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';

/** How the targets of an output are made for its shape. */
export type Target = 'classes' | 'oneHot' | 'reals' | 'bits' | 'zeros';

export interface ZooModel {
  /** @param rates whether dropout drops: TensorFlow.js draws other masks */
  readonly make: (rates: 'drawn' | 'none') => LayersModel;
  /** Of each input that holds words: whole numbers below this. */
  readonly words?: readonly (number | undefined)[];
  /** Of each output. */
  readonly outputs: readonly { readonly loss: string; readonly target: Target }[];
}

export const classifier: Pick<ZooModel, 'outputs'> = {
  outputs: [{ loss: 'categoricalCrossentropy', target: 'oneHot' }],
};

export const functional = (input: SymbolicTensor, output: SymbolicTensor): LayersModel =>
  model({ inputs: input, outputs: output });

/** A layer applied to one tensor gives one. */
export const apply = (
  layer: { apply(input: never): unknown },
  input: SymbolicTensor | SymbolicTensor[],
): SymbolicTensor => layer.apply(input as never) as SymbolicTensor;

export const chain = (first: SymbolicTensor, ...rest: { apply(input: never): unknown }[]): SymbolicTensor =>
  rest.reduce((tensor, layer) => apply(layer, tensor), first);

type Layer = NonNullable<NonNullable<Parameters<typeof sequential>[0]>['layers']>[number];

export const stacked = (...list: Layer[]): Sequential => sequential({ layers: list });
