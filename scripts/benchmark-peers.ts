/**
 * npm run benchmark:peers: gradpool and the peers train the tutorial's network on MNIST (batch 100, dropout, SGD with
 * momentum), each in a process of its own, in interleaved rounds of one run; then the seconds from a process's start
 * until it reaches an accuracy on the test images. Prints medians, ratios and what could not be run. Sets up the peers
 * first, in a cache of the user. (Other networks: benchmark-panel.ts.)
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { median, spread } from '../src/benchmark/statistics.ts';
import { enableWideKernels } from '../src/runtime/wide-kernels.ts';
import { accuracyPeers, canRun, labelOf, type Peer, ratePeers } from './peers/peers.ts';
import { type Failed, measureRates, type Rates } from './peers/rates.ts';
import { accuracies, timesToAccuracy } from './peers/times-to-accuracy.ts';
import { setUpPython } from './python-environment.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: 'rates,accuracy' },
    /** Parts of 'framework, setting', between semicolons: only these, beside gradpool. */
    peers: { type: 'string', default: '' },
  },
});
enableWideKernels(); // As the command line does.
const say = (text: string) => console.error(text);
const cores = availableParallelism();
const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), say };
const conditions = `${cores} cores, batch 100, ${values.rounds} interleaved rounds of ${values.seconds} s each; medians (least to most)`;
const installed = { python: await setUpPython({ folder: 'peers', size: 'some gigabytes' }, say) };
if (values.only.includes('rates')) await reportRates();
if (values.only.includes('accuracy')) await reportTimes();

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

function isChosen(peer: Peer): boolean {
  const words = values.peers.split(';');
  return peer.framework === 'gradpool' || words.some((word) => labelOf(peer).includes(word));
}

function reportMissing(peers: readonly Peer[], failed: readonly Failed[]): void {
  for (const peer of peers)
    if (peer.missing !== undefined) console.log(`could not be run: ${labelOf(peer)}: ${peer.missing}`);
  for (const { peer, reason } of failed) console.log(`could not be run: ${labelOf(peer)}: ${reason}`);
}
