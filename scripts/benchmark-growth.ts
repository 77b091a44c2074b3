/**
 * npm run benchmark:growth: how gradpool's speed grows with workers, and with the batch, on networks of the panel. Each
 * number of workers (and each batch) trains in interleaved rounds with the others. Prints medians and ratios round by round.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { spread } from '../src/benchmark/statistics.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { withNetworkFiles } from './peers/networks/files.ts';
import { networkNamed, type PanelNetwork } from './peers/networks/panel.ts';
import { measurePeak } from './peers/peak.ts';
import { gradpoolPeer } from './peers/peers.ts';
import { measureRates } from './peers/rates.ts';

const { values } = parseArgs({
  options: {
    networks: { type: 'string', default: 'tutorial,resnet20,mlp' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    workers: { type: 'string', default: '1,2,4,8' },
    /** Of the network's own batch. */
    batches: { type: 'string', default: '0.25,1,4' },
  },
});

interface Case {
  readonly workers: number;
  readonly batch: number;
}

enableWideKernels(); // As the command line does, for the matrix product.
const cores = availableParallelism();
const numbers = (list: string) => list.split(',').map(Number);
const options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  say: (text: string) => console.error(text),
};
console.log(
  `Node.js ${process.version}, ${cpus()[0]?.model.trim()}, ${cores} cores; ${options.rounds} interleaved rounds of ${options.seconds} s; examples a second, medians (least to most)`,
);
for (const network of values.networks.split(',').map(networkNamed)) {
  const { title, batch } = network;
  console.log(`${title}: matrix product of all cores ${(await measurePeak()).toFixed(0)} GFLOP/s`);
  const byWorkers = numbers(values.workers).map((workers) => ({ workers, batch }));
  await report(network, byWorkers, byWorkers[0]);
  const byBatch = numbers(values.batches).map((share) => ({
    workers: cores,
    batch: Math.round(share * batch),
  }));
  await report(network, byBatch, byBatch.find((one) => one.batch === batch) ?? byBatch[0]);
}

/** @param base to which ratios are */
async function report(network: PanelNetwork, cases: readonly Case[], base: Case): Promise<void> {
  const { rates, failed } = await withNetworkFiles(network, (files) =>
    measureRates(
      cases.map(({ workers, batch }) => gradpoolPeer(workers, files, { ...network, batch })),
      options,
    ),
  );
  for (const { peer, reason } of failed) console.log(`could not be run: ${peer.setting}: ${reason}`);
  if (failed.length > 0) return;
  const ofBase = rates[cases.indexOf(base)].imagesPerSecond;
  console.table(
    cases.map(({ workers, batch }, index) => {
      const { imagesPerSecond } = rates[index];
      const ratios = imagesPerSecond.map((rate, round) => rate / ofBase[round]);
      return { workers, batch, 'examples a second': spread(imagesPerSecond, 0), ratio: spread(ratios, 2) };
    }),
  );
}
