/** Functions of the user's own, losses and metrics, which a module exports. */
import { inputError } from '../../errors.ts';
import { isObject } from '../keras/config/layer-config.ts';
import { importLayers } from './import-layers.ts';

/** Which module, by its absolute path, and what it exports it as. */
interface Exported {
  readonly module: string;
  readonly name: string;
}

type Callable = (...values: never[]) => unknown;

/** Once a thread. */
const loaded = new Map<string, Readonly<Record<string, unknown>>>();

/**
 * Loads their modules in this thread.
 * @throws GradpoolError that names a module which cannot be loaded, or lacks one of them
 */
export async function importOwn(wanted: readonly Exported[]): Promise<void> {
  for (const { module } of wanted) if (!loaded.has(module)) loaded.set(module, await importLayers(module));
  wanted.forEach(ownFunction);
}

/** @returns one whose module was loaded */
export function ownFunction({ module, name }: Exported): Callable {
  const exports = loaded.get(module) ?? {};
  const { default: others } = exports;
  const found = exports[name] ?? (isObject(others) ? others[name] : undefined);
  if (typeof found === 'function') return found as Callable;
  const names = Object.keys({ ...exports, ...(isObject(others) ? others : {}) });
  throw inputError(
    `Expected the module ${module} to export the function ${name}, got ${names.filter((one) => one !== 'default').join(', ') || 'no exports'}; export it by this name`,
  );
}
