/**
 * npm run benchmark:panel: gradpool beside TensorFlow and PyTorch on the networks that people train. On each network
 * the peers' settings are tried first; then gradpool and each one's best train in interleaved rounds. Prints medians,
 * ratios to the faster of the two, their geometric mean, and what could not be run; `--json FILE` writes all of it. Sets
 * up the peers first, in a cache of the user.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { median, spread } from '../src/benchmark/statistics.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { networkNamed, panel } from './peers/networks/panel.ts';
import { type Measured, measureNetwork, type NetworkRates } from './peers/networks/rates.ts';
import { labelOf } from './peers/peers.ts';
import { setUpPython } from './python-environment.ts';

const { values } = parseArgs({
  options: {
    networks: { type: 'string', default: panel.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    /** gradpool's; the peers get as many threads. */
    workers: { type: 'string', default: `${availableParallelism()}` },
    /** wall, or cpu: examples a second of processor time, for a machine that others use; take one worker then. */
    meter: { type: 'string', default: 'wall' },
    /** What an earlier run's `json` found to be the best settings is taken, instead of trying all. */
    settings: { type: 'string' },
    json: { type: 'string' },
  },
});

interface Panel {
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly workers: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly meter: 'wall' | 'cpu';
  readonly networks: readonly NetworkRates[];
}

enableWideKernels(); // As the command line does.
const say = (text: string) => console.error(text);
const cores = availableParallelism();
const [rounds, seconds, workers] = [values.rounds, values.seconds, values.workers].map(Number);
const meter = values.meter === 'cpu' ? 'cpu' : 'wall';
const chosen = values.networks.split(',').map(networkNamed);
const known = values.settings === undefined ? undefined : read(values.settings);
const installed = { python: await setUpPython({ folder: 'peers', size: 'some gigabytes' }, say) };
const networks: NetworkRates[] = [];
const measured: Panel = {
  ...{ node: process.version, processor: cpus()[0]?.model.trim() ?? 'unknown' },
  ...{ cores, workers, rounds, seconds, meter, networks },
};
for (const network of chosen) {
  say(network.title);
  const settings = known?.networks.find(({ name }) => name === network.name)?.best.map(labelOf);
  const options = { rounds, seconds, meter, workers, settings, say } as const;
  networks.push(await measureNetwork(network, installed, options));
  // A long run that is ended has what came before.
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
}
report();

function read(file: string): Panel {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function report(): void {
  console.log(
    `Node.js ${measured.node}, ${measured.processor}, ${cores} cores; ${rounds} interleaved rounds of ${seconds} s; examples a second${meter === 'cpu' ? ' of processor time' : ''}, medians (least to most), ratios round by round`,
  );
  console.table(networks.map(rowOf));
  const ratios = networks.filter((one) => one.ratios.length > 0).map((one) => median(one.ratios));
  const logarithms = ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0);
  console.log(
    `geometric mean of the ratios (networks: ${ratios.length}): ${Math.exp(logarithms / ratios.length).toFixed(2)}`,
  );
  for (const { name, missing } of networks)
    for (const [label, reason] of Object.entries(missing))
      console.log(`could not be run: ${name}, ${label}: ${reason}`);
}

function rowOf({ title, batch, best, ratios, peaks }: NetworkRates) {
  const of = (framework: string) => best.find((one) => one.framework === framework);
  const rate = (one: Measured | undefined) => one && spread(one.examplesPerSecond, 0);
  return {
    network: title,
    batch,
    [`gradpool, ${workers} workers`]: rate(of('gradpool')),
    TensorFlow: rate(of('TensorFlow')),
    'its setting': of('TensorFlow')?.setting,
    PyTorch: rate(of('PyTorch')),
    'setting of it': of('PyTorch')?.setting,
    'to the faster': ratios.length === 0 ? undefined : spread(ratios, 2),
    'matrix product, GFLOP/s': spread(peaks, 0),
  };
}
