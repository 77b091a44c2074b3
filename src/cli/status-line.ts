import { stderr } from 'node:process';

export interface StatusLine {
  show(text: string): void;
  /** Before anything else is printed. */
  clear(): void;
}

/** One line at the bottom of the terminal, written over again and again. Does nothing where there is no terminal. */
export const statusLine: StatusLine = stderr.isTTY === true ? onTerminal() : { show() {}, clear() {} };

function onTerminal(): StatusLine {
  let shown = false;
  return {
    show(text) {
      // A line that wraps could not be written over. Some terminals say 0 for a width that they don't know.
      stderr.write(`\r\x1b[K${text.slice(0, (stderr.columns || 80) - 1)}`);
      shown = true;
    },
    clear() {
      if (shown) stderr.write('\r\x1b[K');
      shown = false;
    },
  };
}
