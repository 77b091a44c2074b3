/** What a page shows, as plain data: it is put together in Node.js, and drawn in the browser. */

export interface PageData {
  /** Of gradpool. */
  readonly version: string;
  readonly runs: readonly RunData[];
}

export interface RunData {
  /** As its directory was named. */
  readonly name: string;
  /** Steps done, and steps in all where that is known. */
  readonly progress: { readonly step: number; readonly steps?: number };
  readonly isTraining: boolean;
  readonly curves: readonly Curve[];
  readonly timeline: Timeline;
  /** Everything in config.json, by the name of its field. */
  readonly config: Readonly<Record<string, string>>;
  readonly reproduction: Reproduction;
  readonly model: ModelData | Missing;
  readonly evaluation: EvaluationData | Missing;
  /** What a GAN's generator made last; absent for others. */
  readonly sample?: SampleData;
  /** What the reader should know: lines that could not be read, checkpoints that are broken. */
  readonly notes: readonly string[];
}

/** Why there is nothing to show, as a sentence. */
export interface Missing {
  readonly missing: string;
}

/** A line of a chart. */
export interface Curve {
  /** Curves of the same chart are drawn over one another. */
  readonly chart: string;
  /** Of training batches, or of the test set. */
  readonly part: 'training' | 'test';
  /** Steps, ascending. */
  readonly x: readonly number[];
  /** null: a gap, where a value is not finite. */
  readonly y: readonly (number | null)[];
  /** How many values there were: where there are more than points, the points are the least and greatest of some. */
  readonly count: number;
}

/** How to make the same run again. */
export interface Reproduction {
  /** Undefined where a program began it, whose arrays no command can name. */
  readonly command?: string;
  /** What has to be the same, and what then comes out: versions, seed, hashes. */
  readonly facts: Readonly<Record<string, string>>;
}

/** When a run was trained. Times are milliseconds since 1970. */
export interface Timeline {
  readonly sessions: readonly Session[];
  readonly trace?: TraceLanes;
  /** The file of the profile, where there is one: an address relative to the page, or else its path. */
  readonly profile?: { readonly href: string } | { readonly path: string };
}

export interface Session {
  readonly begin: number;
  /** The last that was heard of it, where it was killed. */
  readonly end: number;
  readonly how: 'done' | 'stopped' | 'failed' | 'killed' | 'under way';
  readonly fromStep: number;
  readonly step: number;
  readonly workers: number;
  readonly engine: string;
  readonly incidents: readonly Incident[];
  readonly checkpoints: readonly { readonly time: number; readonly step: number }[];
}

export interface Incident {
  readonly time: number;
  readonly step: number;
  readonly worker: number;
  readonly state: 'lost' | 'back' | 'given up';
  readonly reason?: string;
}

/** What each thread did in the last steps: of the profile, the phases and tasks. Times in milliseconds. */
export interface TraceLanes {
  readonly milliseconds: number;
  readonly lanes: readonly {
    readonly name: string;
    readonly spans: readonly {
      readonly kind: string;
      readonly start: number;
      readonly duration: number;
    }[];
  }[];
}

/** The newest checkpoint's model. */
export interface ModelData {
  readonly step: number;
  readonly parameterCount: number;
  /** SHA-256 of the parameters. */
  readonly sha256: string;
  readonly weights: readonly WeightData[];
  /** Names of the optimizer's state arrays. */
  readonly stateNames: readonly string[];
  readonly filters?: FilterData;
}

/** Of one weight. */
export interface WeightData {
  readonly name: string;
  readonly shape: readonly number[];
  /** Euclidean norms: of the values, and of each of the optimizer's state arrays. */
  readonly norm: number;
  readonly stateNorms: readonly number[];
  /** Of the values. */
  readonly mean: number;
  readonly deviation: number;
}

/** The kernels of the first convolution, side by side in one picture. */
export interface FilterData extends PictureData {
  readonly layer: string;
  readonly count: number;
  /** [height, width, channels] of one. */
  readonly shape: readonly number[];
  /** What is black and what is white. */
  readonly range: readonly [number, number];
}

export interface PictureData {
  /** data:image/png;base64,... */
  readonly png: string;
  readonly width: number;
  readonly height: number;
}

/** Examples of a GAN's generator, on a grid. */
export interface SampleData {
  readonly step: number;
  /** data:image/png;base64,... */
  readonly png: string;
}

/** Of the newest checkpoint on the test set. */
export interface EvaluationData {
  readonly step: number;
  /** Examples that were classified. */
  readonly count: number;
  readonly accuracy: number;
  /** [classes] what each is called; absent where they are numbers alone. */
  readonly classNames?: readonly string[];
  /** [label][predicted] examples; absent where there are too many classes for a table. */
  readonly confusion?: readonly (readonly number[])[];
  /** What is taken for something else most often, first. */
  readonly pairs: readonly { readonly label: number; readonly predicted: number; readonly count: number }[];
  /** The least probable of what was right, first. */
  readonly mistakes: readonly Mistake[];
}

export interface Mistake {
  /** In the test set. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** That the model gave to the label, and to what it predicted. */
  readonly probabilityOfLabel: number;
  readonly probability: number;
  /** Of an image. */
  readonly picture?: PictureData;
}
