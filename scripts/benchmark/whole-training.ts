/**
 * A whole training, as `train` makes it (coordinator thread, pool, reports), in a process of its own:
 * node whole-training.ts WORKERS BATCH SHARDS prints a WholeTraining as JSON.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import type { BenchmarkOptions } from './measure.ts';

export interface WholeTraining {
  /** Without the first third of the steps, in which the runtime still compiles. */
  readonly imagesPerSecond: number;
  /** Peak resident memory of the process, evaluation included; MB of 2^20 bytes. */
  readonly peakMegabytes: number;
}

const steps = 60;

export async function wholeTraining(
  workers: number,
  { batchSize, shards }: BenchmarkOptions,
): Promise<WholeTraining> {
  const words = [import.meta.filename, workers, batchSize, shards].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout) as WholeTraining;
}

if (process.argv[1] === import.meta.filename) {
  enableWideKernels();
  const [workers, batchSize, shards] = process.argv.slice(2).map(Number);
  const config = resolveConfig({ workers, batchSize, shards, steps, logEvery: steps / 3 });
  const request = { model: mnistCnnSpec(), config, resume: false, reportProbabilities: false };
  let [start, end] = [0, 0];
  await trainInThread(
    { ...request, ...(await mnist()) },
    {
      onEvent(event) {
        if (event.kind !== 'step') return;
        if (event.step === steps / 3 + 1) start = performance.now();
        if (event.step === steps) end = performance.now();
      },
    },
  );
  const images = (steps - steps / 3 - 1) * batchSize;
  const measured: WholeTraining = {
    imagesPerSecond: (images / (end - start)) * 1000,
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(JSON.stringify(measured));
}
