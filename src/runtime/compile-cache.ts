import { constants, enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { env, platform } from 'node:process';

/**
 * From now on Node.js keeps what V8 has made of the modules that this process and its threads load, in the user's folder
 * for caches, and takes it from there the next time. Where it can't be written, or NODE_DISABLE_COMPILE_CACHE is set, all
 * is compiled as without. A folder that the user has named (NODE_COMPILE_CACHE) stays.
 */
export function useCompileCache(): void {
  const folder = env.NODE_COMPILE_CACHE ?? ownFolder();
  if (folder === undefined) return;
  const { status, directory } = enableCompileCache(folder);
  // Threads go by their environment.
  if (status === constants.compileCacheStatus.ENABLED && directory !== undefined)
    env.NODE_COMPILE_CACHE = directory;
}

/** Undefined where the user has no home. */
function ownFolder(): string | undefined {
  try {
    return join(userCache(), 'gradpool', 'compiled');
  } catch {
    return undefined;
  }
}

function userCache(): string {
  const { XDG_CACHE_HOME: named = '', LOCALAPPDATA: local } = env;
  if (isAbsolute(named)) return named;
  if (platform === 'win32' && local !== undefined) return local;
  return join(homedir(), ...(platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']));
}
