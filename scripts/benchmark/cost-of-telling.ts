/**
 * What it costs a training to be told of: `node scripts/benchmark/cost-of-telling.ts [PAIRS]` on a terminal. Blocks of five steps
 * in turn, with the progress line, a record of metrics and an event for TensorBoard a block (20 times as many as by
 * default), and without; CPU time of the process, since others may use the cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../../src/benchmark/statistics.ts';
import { openTrainer } from '../../src/benchmark/trainer.ts';
import { createProgress } from '../../src/cli/print/progress.ts';
import { mnist } from '../../src/data/mnist.ts';
import { openEventLog } from '../../src/formats/tensorboard/event-log.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { openMetrics, scalarsOf } from '../../src/run/metrics.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';

const pairs = Number(process.argv[2] ?? 60);
const stepsOfBlock = 5;
enableWideKernels();
const { train } = await mnist();
const trainer = await openTrainer(mnistCnnSpec(), train, { workers: 1 });
const folder = mkdtempSync(join(tmpdir(), 'gradpool-telling-'));
const events = await openEventLog(folder, 0);
const metrics = await openMetrics(join(folder, 'metrics.jsonl'));
const progress = createProgress({ fromStep: 0, steps: 2 ** 20, stepsPerEpoch: 600, batchSize: 100 });
let step = 0;
for (let warm = 0; warm < 4; warm++) await block(true);
const told: number[] = [];
const untold: number[] = [];
for (let pair = 0; pair < pairs; pair++)
  for (const isTold of pair % 2 === 0 ? [true, false] : [false, true])
    (isTold ? told : untold).push(await block(isTold));
const ratios = told.map((time, pair) => time / untold[pair]).sort((a, b) => a - b);
console.log(
  `\nCPU time of a step: told ${median(told).toFixed(2)} ms, untold ${median(untold).toFixed(2)} ms; ratio of ${pairs} pairs ${median(ratios).toFixed(3)} (quartiles ${ratios[pairs >> 2].toFixed(3)} to ${ratios[(3 * pairs) >> 2].toFixed(3)})`,
);
await Promise.all([events.close(), metrics.close(), trainer.session.close()]);
rmSync(folder, { recursive: true });

/** @returns milliseconds of CPU time a step */
async function block(isTold: boolean): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < stepsOfBlock; index++) {
    step++;
    await trainer.train(1);
    if (isTold) await tell(index === 0);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / stepsOfBlock;
}

async function tell(isReported: boolean): Promise<void> {
  const measures = { loss: 1.234, accuracy: 0.9 };
  progress.update(step, measures);
  if (!isReported) return;
  const rates = { learning_rate: 0.05, steps_per_second: 20 };
  const event = { kind: 'step', step, epoch: 0, ...measures, ...rates } as const;
  await metrics.append(event);
  await events.write(step, scalarsOf(event, 100));
}
