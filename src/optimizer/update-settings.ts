/** What is made of gradients and parameters besides an optimizer's own rule. */
import type { OptimizerSettings } from './settings.ts';

/** Parameters that a weight decay can leave out: `bias` of any layer, `gamma` and `beta` of normalisation. */
export const decayExclusions = ['bias', 'normalization'] as const;
export type DecayExclusion = (typeof decayExclusions)[number];

export interface UpdateSettings {
  /**
   * Decoupled: before a step, p -= learningRate * weightDecay * p (Loshchilov and Hutter 2019, in the form of Keras and
   * PyTorch's AdamW). 0 for none.
   */
  readonly weightDecay: number;
  readonly weightDecayExclude: readonly DecayExclusion[];
  /** How the mean gradient is held small. */
  readonly clip?: Clipping;
  /** Batches whose gradients make one update. */
  readonly accumulateSteps: number;
  /** Of the moving average of the parameters, a = momentum * a + (1 - momentum) * p after each update; absent without. */
  readonly emaMomentum?: number;
}

/**
 * - value: each element is held within -most and most
 * - norm: each weight's gradient is multiplied by most / max(its L2 norm, most)
 * - globalNorm: the same of the norm of all weights' gradients together (Pascanu et al. 2013)
 */
export interface Clipping {
  readonly by: 'value' | 'norm' | 'globalNorm';
  /** Above 0. */
  readonly most: number;
}

/** A training of which nothing but an optimizer is asked. */
export const plainUpdates: UpdateSettings = { weightDecay: 0, weightDecayExclude: [], accumulateSteps: 1 };

/** Whether each weight's step is multiplied by a trust ratio. */
export const hasTrustRatio = ({ name }: Pick<OptimizerSettings, 'name'>): boolean => name === 'lamb';

/** Whether an update needs norms of whole weights, and so the whole gradient before it. */
export const takesNorms = ({ clip }: UpdateSettings, optimizer: Pick<OptimizerSettings, 'name'>): boolean =>
  hasTrustRatio(optimizer) || (clip !== undefined && clip.by !== 'value');

/** @param name of a parameter, as TensorFlow.js names it: that of its layer, then its own */
export function isDecayed({ weightDecay, weightDecayExclude }: UpdateSettings, name: string): boolean {
  if (weightDecay === 0) return false;
  const kind = kinds.find(({ form }) => form.test(name))?.kind;
  return kind === undefined || !weightDecayExclude.includes(kind);
}

const kinds: readonly { readonly form: RegExp; readonly kind: DecayExclusion }[] = [
  { form: /\/(\w+_)?bias(_\d+)?$/, kind: 'bias' },
  { form: /\/(gamma|beta)(_\d+)?$/, kind: 'normalization' },
];
