/** What crosses between who has batches and who trains on them, where they come one after another. */

/** Of a training whose sets are only the rooms for two batches each, which are written while it goes on. */
export interface StreamPart {
  /** Undefined: an epoch ends where the batches do. */
  readonly batchesPerEpoch?: number;
  /** Of an evaluation, where the test set streams, too. */
  readonly validation?: { readonly batches?: number };
  /** Of a data set that is read while it is trained on. */
  readonly set?: StreamedSet;
}

/** A data set of which everything is known but the values: an epoch is a pass over it. */
export interface StreamedSet {
  /** Of the training part. */
  readonly examples: number;
  readonly testExamples: number;
  /** What tells the training part from others. */
  readonly sha256: string;
  readonly testSha256: string;
}

/** Where a training on a stream stands, for whoever goes on with it. */
export interface StreamPosition {
  /** Of the next batch. */
  readonly epoch: number;
  readonly index: number;
  /** Batches of the pass under way that were trained on. */
  readonly taken: number;
  /** Of those, one after the other: SHA-256 of the one before and the batch. Empty where there are none. */
  readonly sha256: string;
  /** Null: a pass over the stream is an epoch. */
  readonly batchesPerEpoch: number | null;
}

/** Where a batch is written: byte offsets into the memory that threads share. */
export interface BatchPlace {
  readonly memory: ArrayBufferLike;
  /** [examples, ...shape] Float32; of a set that is read while it is trained on, of its own type */
  readonly inputs: number;
  /** [examples] Uint32 classes, or [examples, width] Float32 */
  readonly targets: number;
  /** [examples, outputs] Float32; absent where all examples count alike. */
  readonly weights?: number;
  /** Examples that there is room for. */
  readonly most: number;
}

/** Asks for the next batch. Nothing reads its place before the answer has come. */
export interface FeedRequest {
  readonly set: 'train' | 'test';
  /** Whether a pass over the set begins with it. */
  readonly isFirst: boolean;
  /** Of the training; absent of a test set, and where batches are passed over that several epochs share. */
  readonly epoch?: number | undefined;
  readonly place: BatchPlace;
}

/** @returns how many examples were written; 0 where the set has no more */
export type Feed = (request: FeedRequest) => number | Promise<number>;
