import { types } from 'node:util';
import { shown } from './shown.ts';

/**
 * What kind of mistake an error is; the command line turns it into an exit code (usage: 2, save: 74, all else: 1).
 * @useDeclaredType
 */
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

/**
 * What a thrown value says. A program may throw anything: null, a Symbol, an object without a prototype, an error whose
 * message is a getter that throws. None of them may hide where it came from by failing here.
 */
export function messageOf(thrown: unknown): string {
  const message = isError(thrown) ? attempt(() => thrown.message) : undefined;
  if (typeof message === 'string' && message !== '') return message;
  if (typeof thrown === 'string' && thrown !== '') return thrown;
  const what = isError(thrown) ? attempt(() => thrown.name) : shown(thrown);
  return `${typeof what === 'string' ? what : 'an error'} was thrown, without a message`;
}

/** The first line of what a thrown value says, for a message of one line. */
export const firstLineOf = (thrown: unknown): string => messageOf(thrown).split('\n', 1)[0];

/** An error's system code, e.g. ENOSPC. */
export function codeOf(thrown: unknown): string | undefined {
  const code = attempt(() => (thrown as NodeJS.ErrnoException | null | undefined)?.code);
  return typeof code === 'string' ? code : undefined;
}

/** Turns whatever was thrown into a record that crosses a thread whole. */
export const toErrorRecord = (thrown: unknown): ErrorRecord => recordOf(thrown, mostCauses);

/** A cause may lead back to its error. */
const mostCauses = 16;

function recordOf(thrown: unknown, causes: number): ErrorRecord {
  if (!isError(thrown)) return { message: messageOf(thrown), kind: 'internal', stack: '' };
  const stack = attempt(() => thrown.stack);
  const cause = causes > 0 ? attempt(() => thrown.cause) : undefined;
  const code = codeOf(thrown);
  return {
    message: messageOf(thrown),
    kind: thrown instanceof GradpoolError ? thrown.kind : 'internal',
    stack: typeof stack === 'string' ? stack : '',
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause: recordOf(cause, causes - 1) }),
  };
}

/** Also one of another realm, as of a test runner, where `instanceof` says nothing. */
const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);

/** What a getter gives; undefined where it throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The error that a record stands for, with its kind, stack and causes. */
export function fromErrorRecord(record: ErrorRecord): GradpoolError {
  const cause = record.cause === undefined ? {} : { cause: fromErrorRecord(record.cause) };
  const error = new GradpoolError(record.message, { kind: record.kind, ...cause });
  error.stack = record.stack;
  return record.code === undefined ? error : Object.assign(error, { code: record.code });
}

/** What a call across threads comes to: errors go as records, because postMessage keeps message and stack only. */
export type Outcome<T> = { readonly value: T } | { readonly error: ErrorRecord };

export async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: toErrorRecord(error) };
  }
}

/**
 * Ends a training whose step no worker can do any more, with what was trained before it saved.
 * @param done the last whole step
 * @returns the error to end with; the one that ended it where the disk refused
 */
export async function endedInNeed(error: unknown, done: number, save: () => Promise<void>): Promise<unknown> {
  if (isSaveError(error)) return error;
  try {
    await save();
    return inputError(`${messageOf(error)}; all up to step ${done} is saved, go on with \`resume\``, error);
  } catch (failed) {
    return inputError(`${messageOf(error)}; and saving step ${done} failed: ${messageOf(failed)}`, error);
  }
}
