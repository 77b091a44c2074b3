import { firstLineOf, inputError } from '../../errors.ts';
import { importFile } from './import-file.ts';

/**
 * Loads a module of the user's that registers layers, in this thread.
 * @returns what it exports
 * @throws GradpoolError that names the file and says why it cannot be loaded
 */
export async function importLayers(file: string): Promise<Record<string, unknown>> {
  return importFile(file).catch((cause: unknown) => {
    throw inputError(`The module of layers ${file} cannot be loaded: ${firstLineOf(cause)}`, cause);
  });
}
