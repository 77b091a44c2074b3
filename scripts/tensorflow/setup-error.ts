/** A set-up that cannot go on: one line that says what, and what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly code: number;

  constructor(message: string, { code = 1, cause }: { code?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
  }
}

/** The end of what a program printed. */
export const lastLines = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-10)
    .join('\n');
