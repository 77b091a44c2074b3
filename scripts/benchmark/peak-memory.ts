/** Peak resident memory of a whole training in a process of its own: node peak-memory.ts WORKERS prints megabytes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { resolveConfig } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';

/** Megabytes (2^20 bytes). */
export async function peakMemory(workers: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, `${workers}`]);
  return Number(stdout);
}

if (process.argv[1] === import.meta.filename) {
  const config = resolveConfig({ workers: Number(process.argv[2]), steps: 20 });
  const request = { model: mnistCnnSpec(), config, resume: false, reportProbabilities: false };
  await trainInThread({ ...request, ...(await mnist()) }, {});
  console.log(Math.round(process.resourceUsage().maxRSS / 1024));
}
