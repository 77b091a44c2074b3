/**
 * gradpool itself, the whole trainer: gradpool-peer.ts rate|accuracy WORKERS [TOPOLOGY, a JSON file: another network
 * than the tutorial's, on the data in MNIST_DIR]; tells what the others tell (mnist.py).
 */
import { readFileSync } from 'node:fs';
import { resolveConfig } from '../../src/config.ts';
import { trainInThread } from '../../src/coordinator/client.ts';
import { readDataDirectory } from '../../src/data/idx-directory.ts';
import { mnist } from '../../src/data/mnist.ts';
import { initialValues } from '../../src/model/initial-values.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';
import { readNetwork } from '../../src/model/read-network.ts';
import type { ModelSpec, TrainEvent } from '../../src/protocol.ts';
import { enableWideKernels } from '../../src/wide-kernels.ts';

enableWideKernels(); // As the command line does.

const tell = (what: object) => console.log(JSON.stringify(what));
const [task, workers, topologyFile] = process.argv.slice(2);
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
const { train, test } =
  topologyFile === undefined ? await mnist() : await readDataDirectory(`${process.env.MNIST_DIR}`);
const data = isRate ? { train } : { train, test };
const model = topologyFile === undefined ? mnistCnnSpec() : modelOf(topologyFile);
await trainInThread({ model, ...data, config, resume: false, reportProbabilities: false }, { onEvent });

function modelOf(file: string): ModelSpec {
  const topology = JSON.parse(readFileSync(file, 'utf8'));
  const network = readNetwork(topology);
  return { topology, network, parameters: initialValues(network, config.seed) };
}
