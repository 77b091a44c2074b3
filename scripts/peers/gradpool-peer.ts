/**
 * gradpool itself, the whole trainer: gradpool-peer.ts rate|accuracy WORKERS [TOPOLOGY, a JSON file: another network
 * than the tutorial's, on the data in MNIST_DIR]; is told and tells what the others are and do (mnist.py).
 */
import { readFileSync } from 'node:fs';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { mnist } from '../../src/data/mnist.ts';
import { initialValues } from '../../src/model/initial/initial-values.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import type { TrainEvent } from '../../src/protocol/requests.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import { readPeerData } from './networks/read-data.ts';

enableWideKernels(); // As the command line does.

const tell = (what: object) => console.log(JSON.stringify(what));
const [task, workers, topologyFile] = process.argv.slice(2);
const { PEER_BATCH = '100', PEER_REPORT_EVERY = '10', PEER_LEARNING_RATE = '0.05', MNIST_DIR } = process.env;
const isRate = task === 'rate';
const config = resolveConfig({
  workers: Number(workers),
  batchSize: Number(PEER_BATCH),
  learningRate: Number(PEER_LEARNING_RATE),
  momentum: 0.9,
  ...(isRate ? { logEvery: Number(PEER_REPORT_EVERY), steps: 1_000_000 } : { evalEvery: 100, steps: 1800 }),
});
const onEvent = (event: TrainEvent) => {
  if (event.kind === 'start') tell({ version: `${event.kernels}, Node.js ${process.version}` });
  if (event.kind === 'step' && isRate) tell({ images: event.step * config.batchSize });
  if (event.kind === 'evaluation') tell({ step: event.step, accuracy: event.accuracy });
};
const model = topologyFile === undefined ? mnistCnnSpec() : modelOf(topologyFile);
const data = await dataFor(model);
await trainInThread({ model, ...data, config, resume: false, reportProbabilities: false }, { onEvent });

function modelOf(file: string): ModelSpec {
  const topology = JSON.parse(readFileSync(file, 'utf8'));
  const network = readNetwork(topology);
  return { topology, network, parameters: initialValues(network, config.seed) };
}

async function dataFor({ network }: ModelSpec) {
  if (topologyFile !== undefined) return { train: await readPeerData(`${MNIST_DIR}`, network.input) };
  const { train, test } = await mnist();
  return isRate ? { train } : { train, test };
}
