/**
 * npm run benchmark:passes: of each network of the panel, one worker's profile: which layer's pass takes the most of a
 * step, and which kernel. `--networks` chooses; a DCGAN's two networks are not among them (`gradpool gan --profile`).
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { initialValues } from '../src/model/initial/initial-values.ts';
import { readNetwork } from '../src/model/keras/read-network.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { type Profiled, profiledTraining } from './benchmark/profiled.ts';
import { withNetworkFiles } from './peers/networks/files.ts';
import { isGan, networkNamed, type PanelNetwork, panel } from './peers/networks/panel.ts';
import { readPeerData } from './peers/networks/read-data.ts';

const trained = panel.filter((network) => !isGan(network)).map(({ name }) => name);
const { values } = parseArgs({
  options: {
    networks: { type: 'string', default: trained.join(',') },
    steps: { type: 'string', default: '25' },
  },
});

enableWideKernels(); // As the command line does.
console.log(
  `Node.js ${process.version}, ${cpus()[0]?.model.trim()}; one worker, medians of steps; microseconds an example`,
);
const rows = [];
for (const network of values.networks.split(',').map(networkNamed)) {
  console.error(network.title);
  rows.push(rowOf(network, await profiled(network)));
}
console.table(rows);

function profiled(network: PanelNetwork): Promise<Profiled> {
  return withNetworkFiles(network, async ({ topology, data }) => {
    const described = JSON.parse(readFileSync(topology, 'utf8'));
    const read = readNetwork(described);
    const train = await readPeerData(data, read.input);
    const { batch: batchSize, learningRate } = network;
    const model = { topology: described, network: read, parameters: initialValues(read, 0) };
    return profiledTraining(model, train, {
      batchSize,
      learningRate,
      momentum: 0.9,
      steps: Number(values.steps),
    });
  });
}

function rowOf({ title }: PanelNetwork, { spans, timeOf }: Profiled) {
  const names = [...new Set(spans.map(({ name }) => name))];
  const step = timeOf('gradient') + timeOf('update');
  const isPass = (name: string) => /( forward| backward| weight gradient and update)$/.test(name);
  const isKernel = (name: string) => !isPass(name) && !['gradient', 'update', 'waiting'].includes(name);
  return {
    network: title,
    'a step': step.toFixed(0),
    ...most('worst pass', names.filter(isPass)),
    ...most('worst kernel', names.filter(isKernel)),
  };

  function most(what: string, of: readonly string[]) {
    const [name] = of.toSorted((a, b) => timeOf(b) - timeOf(a));
    return { [what]: name, [`${what}, of a step`]: `${((timeOf(name) / step) * 100).toFixed(0)} %` };
  }
}
