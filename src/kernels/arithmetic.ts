/** What besides seed, batch and shards decides the last bits of a result. Recorded in each run and checkpoint. */
export interface Arithmetic {
  /** The version of the engine's arithmetic: another one where an engine's sums change their order. */
  readonly kernels: string;
  /** With one rounding, or two. */
  readonly multiplyAdd: 'fused' | 'separate';
}
