import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { inputError, messageOf } from '../../errors.ts';

/**
 * From here on all that this process would print goes into a file, which begins anew.
 * @throws GradpoolError where it cannot be written
 */
export function logInto(path: string): void {
  let file: number;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(path, 'w');
  } catch (cause) {
    throw inputError(`Could not write this rank's log ${path}: ${messageOf(cause)}`, cause);
  }
  const write = (text: string | Uint8Array): boolean => {
    const bytes = Buffer.from(text as string);
    try {
      writeSync(file, bytes);
    } catch {
      // A log that cannot be written must not end the training.
    }
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}
