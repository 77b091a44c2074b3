/**
 * Loaded first in every thread of cost-of-watching.ts (node --import): takes out of the sources what a thread's
 * environment data name: who looks at deadlines. Fails where the code has changed.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { getEnvironmentData } from 'node:worker_threads';
import { deadlines, unwatchedKey } from './unwatched-key.ts';

/** By the end of the file's path: where a look is taken, and what stands there otherwise. */
const looks: Record<string, readonly [string, string]> = {
  '/src/pool/watch.ts': ['}, tickMilliseconds);', '}, 2 ** 30);'],
  '/src/pool/deadlines.ts': ['ofKind.push(milliseconds);', 'return;'],
};

registerHooks({
  load(url, context, nextLoad) {
    const look = Object.entries(looks).find(([path]) => url.endsWith(path))?.[1];
    if (look === undefined) return nextLoad(url, context);
    const [find, replace] = look;
    if (getEnvironmentData(unwatchedKey) !== deadlines) return nextLoad(url, context);
    const parts = readFileSync(new URL(url), 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`Expected ${url} to hold \`${find}\` once`);
    return { format: 'module', source: stripTypeScriptTypes(parts.join(replace)), shortCircuit: true };
  },
});
