import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstLineOf, inputError } from '../errors.ts';

/**
 * Loads a module of the user's that registers layers, in this thread.
 * @throws GradpoolError that names the file and says why it cannot be loaded
 */
export async function importLayers(file: string): Promise<void> {
  await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    throw inputError(`The module of layers ${file} cannot be loaded: ${firstLineOf(cause)}`, cause);
  });
}
