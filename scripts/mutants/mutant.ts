/** A small fault in the sources, and the test that has to turn red with it. */
export interface Mutant {
  /** What is wrong then, as a sentence's end: "a shard is left out". */
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly witness: Witness;
}

/** One test by its whole name: the titles of its groups and its own, with ` > ` between. */
export interface Witness {
  readonly file: string;
  readonly test: string;
}
