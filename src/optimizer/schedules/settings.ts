/** The settings of each learning-rate schedule, besides the learning rate of the optimizer. Steps count from the end of the warm-up. */
export interface ScheduleKinds {
  readonly constant: object;
  readonly step: Decay & Length;
  readonly multiStep: Decay & { readonly milestones: readonly number[] };
  readonly exponential: Decay & Length;
  readonly polynomial: Length & End & { readonly power: number };
  readonly cosine: Length & End;
  readonly cosineRestarts: Length &
    End & { readonly periodMultiplier: number; readonly peakMultiplier: number };
  readonly oneCycle: Length & {
    readonly pctStart: number;
    readonly divFactor: number;
    readonly finalDivFactor: number;
  };
  readonly reduceOnPlateau: Decay & End & { readonly plateauPatience: number; readonly cooldown: number };
}

interface Decay {
  /** What the rate is multiplied by. */
  readonly decayRate: number;
}

interface Length {
  readonly decaySteps: number;
}

interface End {
  readonly endLearningRate: number;
}

export type ScheduleName = keyof ScheduleKinds;

/** Those that have a length. */
export type DecayingName = {
  [Name in ScheduleName]: ScheduleKinds[Name] extends Length ? Name : never;
}[ScheduleName];

export interface Warmup {
  /** Steps in which the rate grows linearly; 0 without a warm-up. */
  readonly warmupSteps: number;
  /** The rate of the first of them. */
  readonly warmupLearningRate: number;
}

/** A schedule by its name, and its settings. */
export type ScheduleSettings<Name extends ScheduleName = ScheduleName> = {
  readonly [N in Name]: { readonly name: N } & Warmup & ScheduleKinds[N];
}[Name];

/** As it was asked for: `decaySteps` may be left to the length of the training. */
export type ScheduleChoice = {
  readonly [N in ScheduleName]: { readonly name: N } & Warmup &
    Omit<ScheduleKinds[N], 'decaySteps'> & { readonly decaySteps?: number };
}[ScheduleName];
