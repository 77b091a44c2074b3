interface AdadeltaSettings {
  readonly learningRate: number;
  readonly rho: number;
  readonly epsilon: number;
}

/** Those of adam and what is like it. */
interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The hyper-parameters of each optimizer, by TensorFlow.js's name for it (tf.train), or Keras'. */
export interface OptimizerKinds {
  readonly sgd: { readonly learningRate: number };
  readonly momentum: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly nesterov: boolean;
  };
  readonly adam: AdamSettings;
  readonly adamw: AdamSettings;
  readonly adamax: AdamSettings;
  readonly lamb: AdamSettings;
  readonly lion: Omit<AdamSettings, 'epsilon'>;
  readonly adadelta: AdadeltaSettings;
  /** As TensorFlow.js has it. */
  readonly tfjsAdadelta: AdadeltaSettings;
  readonly rmsprop: {
    readonly learningRate: number;
    readonly decay: number;
    readonly momentum: number;
    readonly epsilon: number;
  };
  readonly adagrad: {
    readonly learningRate: number;
    readonly initialAccumulatorValue: number;
    readonly epsilon: number;
  };
}
export type OptimizerName = keyof OptimizerKinds;

/** An optimizer by its name, and its hyper-parameters. */
export type OptimizerSettings<Name extends OptimizerName = OptimizerName> = {
  readonly [N in Name]: { readonly name: N } & OptimizerKinds[N];
}[Name];

/** What an optimizer knows of the past. */
export interface OptimizerState {
  /** Steps made. */
  readonly steps: number;
  /**
   * Each [parameterCount] in natural order; empty for those that a first step begins with. Behind the optimizer's own
   * come, where these are asked for, the accumulated sums of gradients and the moving average of the parameters.
   */
  readonly arrays: readonly Float32Array[];
}

/** Batches since the last update, whose gradients wait for the next one (`accumulateSteps`). */
export interface Accumulated {
  readonly batches: number;
  readonly examples: number;
}

export const nothingAccumulated: Accumulated = { batches: 0, examples: 0 };
