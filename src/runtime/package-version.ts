import { createRequire } from 'node:module';

/** gradpool's own version. The same way from src and from dist. */
export const packageVersion: string = createRequire(import.meta.url)('../../package.json').version;
