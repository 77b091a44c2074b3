import { GradpoolError, messageOf } from '../errors.ts';

/** Puts the file's name before the message of an error that came from its content. */
export async function inFile<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw withFile(file, error);
  }
}

/** Also of one that nobody foresaw: it then says at least which file led to it. */
export const withFile = (file: string, error: unknown): GradpoolError =>
  new GradpoolError(`${file}: ${messageOf(error)}`, {
    kind: error instanceof GradpoolError ? 'input' : 'internal',
    cause: error,
  });
