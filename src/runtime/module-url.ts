/**
 * The address of a module beside the calling one, to start a thread from: the compiler rewrites the endings of
 * imports (.ts to .js), but not those of addresses.
 * @param path without ending, e.g. './thread'
 * @param from the caller's import.meta.url
 * @param kind of the module; that of the caller is an ES module
 */
export function moduleUrl(path: string, from: string, kind: 'module' | 'commonjs' = 'module'): URL {
  const ending = from.slice(from.lastIndexOf('.') + 1);
  return new URL(`${path}.${kind === 'commonjs' ? `c${ending}` : ending}`, from);
}
