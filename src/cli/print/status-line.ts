import { stderr } from 'node:process';
import type { createLogUpdate } from 'log-update';
import { printable } from './printable.ts';

export interface StatusLine {
  /** How many characters fit; 0 where nothing is shown. */
  width(): number;
  /**
   * Writes over what was shown.
   * @param paint adds colours, which have no width
   */
  show(text: string, paint?: (text: string) => string): void;
  /** Before anything else is printed. */
  clear(): void;
}

/** A terminal that can go back to the beginning of its line; a CI's log is none, whatever it says. */
const canWriteOver = stderr.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;

/** Loaded with the first line that is shown. */
let draw: ReturnType<typeof createLogUpdate> | undefined;
let isLoading = false;
/** What is on the line, or shall be there as soon as it can be drawn. */
let shown: string | undefined;
let isSilent = false;

/** Shows nothing from now on. */
export function silenceStatusLine(): void {
  isSilent = true;
}

/** One line at the bottom of the terminal, written over again and again. Does nothing where there is no terminal. */
export const statusLine: StatusLine = {
  width: () => (canWriteOver && !isSilent ? widthOf() : 0),
  show(text, paint = (plain) => plain) {
    if (!canWriteOver || isSilent) return;
    shown = paint(printable(text).slice(0, widthOf()));
    if (draw !== undefined) draw(shown);
    else if (!isLoading) void load();
  },
  clear() {
    shown = undefined;
    draw?.clear();
  },
};

/** A line that wraps could not be written over. Some terminals say 0 for a width that they don't know. */
const widthOf = (): number => (stderr.columns || 80) - 1;

async function load(): Promise<void> {
  isLoading = true;
  const { createLogUpdate } = await import('log-update');
  // The cursor is left as it is: nothing has to be put right when the process is killed.
  draw = createLogUpdate(stderr, { showCursor: true });
  if (shown !== undefined) draw(shown);
}
