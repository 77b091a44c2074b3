/** gradpool's GAN: gradpool-gan-peer.ts rate WORKERS TOPOLOGY, a JSON file of two; as gradpool-peer.ts. */
import { readFileSync } from 'node:fs';
import { trainGanInThread } from '../../src/api/client.ts';
import { describeGan } from '../../src/api/gan.ts';
import { resolveGanConfig } from '../../src/config/gan-options.ts';
import { mnist } from '../../src/data/mnist.ts';
import { initialValues } from '../../src/model/initial/initial-values.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';

enableWideKernels(); // As the command line does.

const [, workers, file] = process.argv.slice(2);
const { PEER_BATCH, PEER_REPORT_EVERY } = process.env;
const { generator, discriminator } = JSON.parse(readFileSync(file, 'utf8'));
const { train } = await mnist();
const config = resolveGanConfig({
  workers: Number(workers),
  batchSize: Number(PEER_BATCH),
  logEvery: Number(PEER_REPORT_EVERY),
  sampleEvery: 0,
  steps: 1_000_000,
});
const request = describeGan(
  { generator: specOf(generator), discriminator: specOf(discriminator) },
  train,
  config,
  { resume: false },
);
const tell = (what: object) => console.log(JSON.stringify(what));
await trainGanInThread(request, {
  onEvent(event) {
    if (event.kind === 'start') tell({ version: `Node.js ${process.version}` });
    if (event.kind === 'step') tell({ images: event.step * config.batchSize });
  },
});

function specOf(topology: object): ModelSpec {
  const network = readNetwork(topology);
  return { topology, network, parameters: initialValues(network, config.seed) };
}
