/**
 * Loaded first in every thread of cost-of-watching.ts (node --import): where the thread is told so, nobody looks at
 * deadlines or at whether an update is finite. Fails where the code has changed.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { getEnvironmentData } from 'node:worker_threads';
import { unwatchedKey } from './unwatched-key.ts';

/** What looks, and what stands there when nobody does. By the ends of the files' paths. */
const looks: Record<string, readonly [string, string]> = {
  '/src/coordinator/pool/watch.ts': ['}, tickMilliseconds);', '}, 2 ** 30);'],
  '/src/coordinator/pool/deadlines.ts': ['ofKind.push(milliseconds);', 'return;'],
  '/src/worker/update.ts': ['kernels.allFinite(address, floats) !== 0', 'address > 0'],
};

registerHooks({
  load(url, context, nextLoad) {
    const look = Object.entries(looks).find(([path]) => url.endsWith(path))?.[1];
    if (look === undefined || getEnvironmentData(unwatchedKey) !== true) return nextLoad(url, context);
    const [find, replace] = look;
    const parts = readFileSync(new URL(url), 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`Expected ${url} to hold \`${find}\` once`);
    return { format: 'module', source: stripTypeScriptTypes(parts.join(replace)), shortCircuit: true };
  },
});
