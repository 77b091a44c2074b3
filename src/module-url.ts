/**
 * The address of a module beside the calling one, to start a thread from: the compiler rewrites the endings of
 * imports (.ts to .js), but not those of addresses.
 * @param path without ending, e.g. './thread'
 * @param from the caller's import.meta.url
 */
export function moduleUrl(path: string, from: string): URL {
  const ending = from.slice(from.lastIndexOf('.'));
  return new URL(`${path}${ending}`, from);
}
