/** Of `gradpool lr-find`. */

/** Those of fastai's lr_find. */
export const rangeDefaults = { start: 1e-7, end: 10, steps: 100, out: 'lr-find.svg' } as const;

/** Those that a training's losses depend on, but for the learning rate itself; and where it computes. */
export const rangeOptions = [
  ...(['validationSplit', 'overfit', 'batchSize', 'loss', 'labelSmoothing', 'seed'] as const),
  ...(['optimizer', 'momentum', 'nesterov', 'beta1', 'beta2', 'epsilon', 'decay', 'rho'] as const),
  ...(['initialAccumulatorValue', 'weightDecay', 'weightDecayExclude'] as const),
  ...(['clipValue', 'clipNorm', 'globalClipNorm', 'accumulateSteps'] as const),
  ...(['randomShift', 'randomFlip', 'randomRotation', 'randomCrop', 'cutout', 'fillMode'] as const),
  ...(['normalize', 'normalizeMean', 'normalizeStd'] as const),
  ...(['workers', 'shards', 'engine', 'simd', 'maxRestarts', 'stepTimeout'] as const),
];
