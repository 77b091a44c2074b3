import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ObserverEvent } from '../../api/observers.ts';
import { inputError, messageOf } from '../../errors.ts';
import { shown } from '../../shown.ts';

/**
 * The observers of a training, each the default export of a module. They run in the command's own thread, beside what
 * it prints.
 * @throws GradpoolError where a module cannot be loaded, or exports no function
 */
export async function loadObservers<Event = ObserverEvent>(
  files: readonly string[],
): Promise<((event: Event) => unknown)[]> {
  const observers: ((event: Event) => unknown)[] = [];
  for (const file of files) {
    const module = await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
      throw inputError(`Could not load the \`observer\` ${file}: ${messageOf(cause)}`, cause);
    });
    if (typeof module.default !== 'function')
      throw inputError(
        `Expected the \`observer\` ${file} to export a function by default, got ${shown(module.default)}`,
      );
    observers.push(module.default);
  }
  return observers;
}
