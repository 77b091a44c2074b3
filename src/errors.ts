import { shown } from './shown.ts';

/** What kind of mistake an error is; the command line turns it into an exit code (usage: 2, save: 74, all else: 1). */
export type ErrorKind = (typeof kinds)[number];
const kinds = ['usage', 'input', 'save', 'internal'] as const;

/**
 * An error that a user can act on: one line that says what, where, expected, got and the next step.
 * The command line prints `message` alone; `--verbose` adds stack and causes.
 */
export class GradpoolError extends Error {
  override readonly name = 'GradpoolError';
  readonly kind: ErrorKind;

  /** Takes anything without an error of its own, which would hide the one that it is for. */
  constructor(message: string, options: { kind?: ErrorKind; cause?: unknown } = {}) {
    super(
      typeof message === 'string' ? message : shown(message),
      Object.hasOwn(Object(options), 'cause') ? { cause: options.cause } : undefined,
    );
    const kind = options?.kind;
    this.kind = kind !== undefined && kinds.includes(kind) ? kind : 'input';
  }
}

/** An error of what the caller asked for (an option, a command): exit code 2 on the command line. */
export const usageError = (message: string) => new GradpoolError(message, { kind: 'usage' });

/** An error of what was found (a file, a model, a disk): exit code 1 on the command line. */
export const inputError = (message: string, cause?: unknown) =>
  new GradpoolError(message, cause === undefined ? {} : { cause });

/** An error of the disk while a training saves or records: exit code 74 (EX_IOERR) on the command line. */
export const saveError = (message: string, cause: unknown) =>
  new GradpoolError(message, { kind: 'save', cause });

export const isSaveError = (error: unknown): boolean =>
  error instanceof GradpoolError && error.kind === 'save';

/** An error as plain data: Comlink and postMessage keep an Error's message, name and stack only. */
export interface ErrorRecord {
  readonly message: string;
  readonly kind: ErrorKind;
  readonly stack: string;
  readonly code?: string;
  readonly cause?: ErrorRecord;
}

/** Turns whatever was thrown into a record that crosses a thread whole. */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof Error))
    return { message: typeof thrown === 'string' ? thrown : shown(thrown), kind: 'internal', stack: '' };
  const code = (thrown as NodeJS.ErrnoException).code;
  return {
    message: thrown.message,
    kind: thrown instanceof GradpoolError ? thrown.kind : 'internal',
    stack: thrown.stack ?? '',
    ...(typeof code === 'string' ? { code } : {}),
    ...(thrown.cause === undefined ? {} : { cause: toErrorRecord(thrown.cause) }),
  };
}

/** The error that a record stands for, with its kind, stack and causes. */
export function fromErrorRecord(record: ErrorRecord): GradpoolError {
  const cause = record.cause === undefined ? {} : { cause: fromErrorRecord(record.cause) };
  const error = new GradpoolError(record.message, { kind: record.kind, ...cause });
  error.stack = record.stack;
  return record.code === undefined ? error : Object.assign(error, { code: record.code });
}
