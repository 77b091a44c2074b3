/** What describes an option. */

/** What an option may be. */
export type OptionType =
  | { readonly type: 'integer'; readonly least: number; readonly most?: number }
  /** What it may be, whom it belongs to says: an optimizer, a schedule, a loss, what is made of examples or gradients. */
  | { readonly type: 'number' | 'flag' }
  | { readonly type: 'list'; readonly of: 'integer' | 'number' }
  | { readonly type: 'text' }
  | { readonly type: 'name' | 'names'; readonly names: readonly string[] };

export type Option = OptionType & {
  /** What it is where it is not given; a word where that depends on something else. */
  readonly default: number | string | boolean | undefined;
  /** Names other options in backticks. */
  readonly help: string;
  /** Whether a resumed run takes it over from its record: what depends on the machine it does not. */
  readonly isKept: boolean;
};

export const kept = { isKept: true } as const;
/** This machine's own matter, or that of this part of the training. */
export const notKept = { isKept: false } as const;
