import { stderr } from 'node:process';
import { printable } from './printable.ts';

export interface StatusLine {
  show(text: string): void;
  /** Before anything else is printed. */
  clear(): void;
}

/** A terminal that can go back to the beginning of its line; a CI's log is none, whatever it says. */
const canWriteOver = stderr.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;

/** One line at the bottom of the terminal, written over again and again. Does nothing where there is no terminal. */
export const statusLine: StatusLine = canWriteOver ? onTerminal() : { show() {}, clear() {} };

/** With spaces and carriage returns alone: no terminal is asked to understand more. */
function onTerminal(): StatusLine {
  let shown = 0;
  return {
    show(text) {
      // A line that wraps could not be written over. Some terminals say 0 for a width that they don't know.
      const line = printable(text).slice(0, (stderr.columns || 80) - 1);
      stderr.write(`\r${line.padEnd(shown)}`);
      shown = line.length;
    },
    clear() {
      if (shown > 0) stderr.write(`\r${' '.repeat(shown)}\r`);
      shown = 0;
    },
  };
}
