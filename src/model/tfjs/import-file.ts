import { createRequire } from 'node:module';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a module of the user's in this thread, whatever characters are in its path. @returns its exports */
export async function importFile(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  // import() refuses a backslash that is part of a name; require() takes it, but no module with a top-level await.
  if (sep === '\\' || !path.includes('\\')) return import(pathToFileURL(path).href);
  const exports: unknown = createRequire(import.meta.url)(path);
  return typeof exports === 'function' ? { default: exports } : { ...(exports as object) };
}
