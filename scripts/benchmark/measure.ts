/** One training with a number of workers, in this process: node measure.ts WORKERS STEPS BATCH SHARDS prints a Measurement. */
import { resolveConfig } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import { matmulGflops } from './matmul-speed.ts';

export interface Measurement {
  /** Of the whole trainer, the first third of the steps left out (the runtime is still compiling). */
  readonly imagesPerSecond: number;
  /** Of one core, measured before and after the training: the better one. */
  readonly matmulGflops: number;
  /** Peak resident memory of the whole process. */
  readonly peakMegabytes: number;
  /** The build of the kernels. */
  readonly variant: string;
}

const [workers, steps, batchSize, shards] = process.argv.slice(2).map(Number);
const config = resolveConfig({
  workers,
  steps,
  batchSize,
  shards,
  logEvery: Math.max(1, Math.floor(steps / 3)),
});
const { train } = await mnist();
const before = await matmulGflops();
const stepsPerSecond: number[] = [];
let variant = '';
await trainInThread(
  { model: mnistCnnSpec(), train, config, resume: false, reportProbabilities: false },
  {
    onEvent(event) {
      if (event.kind === 'start') variant = event.kernels;
      if (event.kind === 'step' && event.step > config.logEvery + 1)
        stepsPerSecond.push(event.stepsPerSecond);
    },
  },
);
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
const measurement: Measurement = {
  imagesPerSecond: (stepsPerSecond.reduce((sum, rate) => sum + rate, 0) / stepsPerSecond.length) * batchSize,
  matmulGflops: Math.max(before, await matmulGflops()),
  peakMegabytes,
  variant,
};
console.log(JSON.stringify(measurement));
