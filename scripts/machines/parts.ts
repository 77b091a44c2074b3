/** What a step's parts take, in milliseconds. */
export interface Parts {
  readonly step: number;
  /** Forward and backward. */
  readonly gradient: number;
  /** The sums over a rank's own shards; weight gradients of dense layers are computed here. */
  readonly sum: number;
  /** For the slowest rank, and the message that says so. */
  readonly wait: number;
  readonly allreduce: number;
  readonly update: number;
}
