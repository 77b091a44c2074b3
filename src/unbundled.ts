/** Looked at before anything else of gradpool is loaded: a bundle of it would fail later, and without a reason. */
import { existsSync } from 'node:fs';
import { inputError } from './errors.ts';
import { moduleUrl } from './runtime/module-url.ts';

refuseBundle(import.meta.url);

/** @param here import.meta.url, which bundlers to CommonJS leave undefined */
function refuseBundle(here: string | undefined): void {
  if (here !== undefined && existsSync(moduleUrl('./coordinator/thread/thread', here))) return;
  throw inputError(
    `Expected gradpool's code in its package, got it in a bundle: its threads and kernels are files of their own; leave it and TensorFlow.js out (esbuild: --external:gradpool --external:@tensorflow/*)`,
  );
}
