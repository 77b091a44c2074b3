/**
 * Loaded before everything else in each thread (node --import): trainings with two workers lose the promise that they
 * have the bits of others. Each gradient task changes a bit of one value then. Nothing of gradpool knows of it.
 */
import { registerHooks } from 'node:module';

const unlikeTask = new URL('./unlike-task.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const isReal = resolved.url.endsWith('/src/worker/task.ts') && context.parentURL !== unlikeTask;
    return isReal ? { ...resolved, url: unlikeTask } : resolved;
  },
});
