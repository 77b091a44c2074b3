/** gradpool itself, the whole trainer: gradpool-peer.ts rate|accuracy WORKERS; tells what the others tell (mnist.py). */

import { resolveConfig } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import type { TrainEvent } from '../../src/protocol.ts';
import { enableWideKernels } from '../../src/wide-kernels.ts';

enableWideKernels(); // As the command line does.

const tell = (what: object) => console.log(JSON.stringify(what));
const [task, workers] = process.argv.slice(2);
const isRate = task === 'rate';
const config = resolveConfig({
  workers: Number(workers),
  ...(isRate ? { logEvery: 10, steps: 1_000_000 } : { evalEvery: 100, steps: 1800 }),
});
const onEvent = (event: TrainEvent) => {
  if (event.kind === 'start') tell({ version: `${event.kernels}, Node.js ${process.version}` });
  if (event.kind === 'step' && isRate) tell({ images: event.step * config.batchSize });
  if (event.kind === 'evaluation') tell({ step: event.step, accuracy: event.accuracy });
};
const { train, test } = await mnist();
const data = isRate ? { train } : { train, test };
await trainInThread(
  { model: mnistCnnSpec(), ...data, config, resume: false, reportProbabilities: false },
  { onEvent },
);
