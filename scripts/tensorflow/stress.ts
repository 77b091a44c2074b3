/**
 * Starts the tensorflow engine on 8 workers again and again, each time in a process of its own with one full step at
 * once: `node scripts/tensorflow/stress.ts [STARTS]`. A crash or another sum ends it.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { firstDigits } from '../../testing/digits.ts';

const examples = 80;

if (process.argv[2] === 'once') console.log(await parametersAfterOneStep());
else await stress(Number(process.argv[2] ?? 50));

async function stress(starts: number): Promise<void> {
  const run = promisify(execFile);
  const began = performance.now();
  let expected: string | undefined;
  for (let start = 1; start <= starts; start++) {
    const { stdout, stderr } = await run(process.execPath, [import.meta.filename, 'once']);
    if (stderr !== '') throw new Error(`Expected start ${start} to print no error, got: ${stderr}`);
    expected ??= stdout;
    if (stdout !== expected)
      throw new Error(`Expected start ${start} to give the parameters ${expected}, got ${stdout}`);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${start} starts of 8 workers: no crash, the same parameters (${seconds} s)`);
  }
}

/** @returns their SHA-256 */
async function parametersAfterOneStep(): Promise<string> {
  const train = await firstDigits(examples);
  const config = resolveConfig({ engine: 'tensorflow', workers: 8, steps: 1, batchSize: examples });
  const request = { model: mnistCnnSpec(), train, config, resume: false, reportProbabilities: false };
  return (await trainInThread(request, {})).parametersSha256;
}
