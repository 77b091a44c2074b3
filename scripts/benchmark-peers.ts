/**
 * npm run benchmark:peers: gradpool and the peers train the tutorial's network on MNIST (batch 100, dropout, SGD with
 * momentum), each in a process of its own, in interleaved rounds of one run; then the seconds from a process's start
 * until it reaches an accuracy on the test images; then two other networks, of gradpool and TensorFlow. Prints medians,
 * ratios and what could not be run. Sets up the peers first, in a cache of the user.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { enableWideKernels } from '../src/wide-kernels.ts';
import { median, spread } from './benchmark/statistics.ts';
import { setUpPython } from './peers/environment.ts';
import { measureNetwork, type NetworkRates } from './peers/network-rates.ts';
import { peerNetworks } from './peers/networks.ts';
import { accuracyPeers, type Peer, ratePeers } from './peers/peers.ts';
import { type Failed, measureRates, type Rates } from './peers/rates.ts';
import { accuracies, timesToAccuracy } from './peers/times-to-accuracy.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: 'rates,accuracy,networks' },
    /** Parts of 'framework, setting', between semicolons: only these, beside gradpool. */
    peers: { type: 'string', default: '' },
  },
});
enableWideKernels(); // As the command line does.
const say = (text: string) => console.error(text);
const cores = availableParallelism();
const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), say };
const conditions = `${cores} cores, batch 100, ${values.rounds} interleaved rounds of ${values.seconds} s each; medians (least to most)`;
const installed = { python: await setUpPython(say) };
if (values.only.includes('rates')) await reportRates();
if (values.only.includes('accuracy')) await reportTimes();
if (values.only.includes('networks')) await reportNetworks();

async function reportRates(): Promise<void> {
  const peers = ratePeers(installed, cores).filter(isChosen);
  const { rates, failed } = await measureRates(peers.filter(canRun), options);
  console.log(conditions);
  console.table(rates.map((measured) => rateRow(measured, rates[0])));
  reportMissing(peers, failed);
}

/** Ratios are taken round by round. */
function rateRow({ peer, version, imagesPerSecond }: Rates, own: Rates) {
  const ratios = imagesPerSecond.map((rate, round) => own.imagesPerSecond[round] / rate);
  return {
    framework: `${peer.framework} ${peer.framework === 'gradpool' ? '' : version}`.trim(),
    setting: peer.setting,
    'images/s': spread(imagesPerSecond, 0),
    'gradpool is faster by': peer.framework === 'gradpool' ? '' : spread(ratios, 2),
    'milliseconds a step': (100_000 / median(imagesPerSecond)).toFixed(1),
  };
}

async function reportTimes(): Promise<void> {
  const peers = accuracyPeers(installed, cores).filter(isChosen);
  const rows = [];
  const failed: Failed[] = [];
  for (const peer of peers.filter(canRun)) {
    say(`${peer.framework}: trains to ${accuracies.join(' and ')}`);
    try {
      rows.push(timeRow(peer, await timesToAccuracy(peer)));
    } catch (error) {
      failed.push({ peer, reason: (error as Error).message });
    }
  }
  console.log('Seconds from the start of the process, evaluated every 100 steps, 3 epochs at most');
  console.table(rows);
  reportMissing(peers, failed);
}

function timeRow({ framework, setting }: Peer, reached: Awaited<ReturnType<typeof timesToAccuracy>>) {
  const columns = accuracies.map((accuracy) => {
    const time = reached.get(accuracy);
    return [
      `${accuracy}`,
      time === undefined ? 'not reached' : `${time.seconds.toFixed(1)} s (step ${time.step})`,
    ];
  });
  return { framework, setting, ...Object.fromEntries(columns) };
}

async function reportNetworks(): Promise<void> {
  const measured: NetworkRates[] = [];
  for (const network of peerNetworks()) {
    say(network.name);
    measured.push(await measureNetwork(network, installed, cores, options));
  }
  console.log(`${conditions}; peak: the engine's matrix product on all cores at once, before and after`);
  console.table(measured.map(networkRow));
  for (const { peers, failed } of measured) reportMissing(peers, failed);
}

/** A share of the peak above 1 is possible: an operation is counted as in the plain form. */
function networkRow({ network, flop, peaks, rates }: NetworkRates) {
  const of = (framework: string) => rates.find(({ peer }) => peer.framework === framework)?.imagesPerSecond;
  const [own, tensorflow] = [of('gradpool'), of('TensorFlow')];
  const gflops = (seen: readonly number[] | undefined) =>
    seen && `${((median(seen) * flop) / 1e9).toFixed(0)}`;
  return {
    network: network.name,
    'gradpool, images/s': own && spread(own, 0),
    'TensorFlow, images/s': tensorflow && spread(tensorflow, 0),
    ratio:
      own &&
      tensorflow &&
      spread(
        own.map((rate, round) => rate / tensorflow[round]),
        2,
      ),
    'MFLOP an image': (flop / 1e6).toFixed(1),
    'gradpool, GFLOP/s': gflops(own),
    'TensorFlow, GFLOP/s': gflops(tensorflow),
    'peak, GFLOP/s': spread(peaks, 0),
  };
}

function isChosen({ framework, setting }: Peer): boolean {
  const words = values.peers.split(';');
  return framework === 'gradpool' || words.some((word) => `${framework}, ${setting}`.includes(word));
}

function canRun({ missing }: Peer): boolean {
  return missing === undefined;
}

function reportMissing(peers: readonly Peer[], failed: readonly Failed[]): void {
  for (const { framework, setting, missing } of peers)
    if (missing !== undefined) console.log(`could not be run: ${framework}, ${setting}: ${missing}`);
  for (const { peer, reason } of failed)
    console.log(`could not be run: ${peer.framework}, ${peer.setting}: ${reason}`);
}
