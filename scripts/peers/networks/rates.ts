import { median } from '../../../src/benchmark/statistics.ts';
import { measurePeak } from '../peak.ts';
import { canRun, type Installed, labelOf, networkPeers, type Peer } from '../peers.ts';
import { type Failed, measureRates, type Rates, type RatesOptions } from '../rates.ts';
import { withNetworkFiles } from './files.ts';
import type { PanelNetwork } from './panel.ts';

/** What was measured of one network, as it is written to a file. */
export interface NetworkRates {
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  /** GFLOP/s of the engine's matrix product on all cores, before and after. */
  readonly peaks: readonly number[];
  /** Examples a second of each framework's settings in one round, for those that have several. */
  readonly tried: Readonly<Record<string, number>>;
  /** Each framework in its best setting, in interleaved rounds; gradpool first. */
  readonly best: readonly Measured[];
  /** Round by round, gradpool to the fastest of the others; empty where one of the two is missing. */
  readonly ratios: readonly number[];
  /** What could not be run, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly framework: string;
  readonly setting: string;
  readonly version: string;
  /** In each round. */
  readonly examplesPerSecond: readonly number[];
}

export interface NetworkOptions extends RatesOptions {
  readonly workers: number;
  /** Of `labelOf`: the peers' settings that are tried. Default: all. */
  readonly settings?: readonly string[] | undefined;
}

/** Tries a framework's settings one after the other, and then measures each one's best in turn with the others'. */
export function measureNetwork(
  network: PanelNetwork,
  installed: Installed,
  { workers, settings, ...options }: NetworkOptions,
): Promise<NetworkRates> {
  return withNetworkFiles(network, async (files) => {
    const peers = networkPeers(installed, workers, files, network);
    const wanted = peers.filter(
      (peer) => peer.framework === 'gradpool' || (settings?.includes(labelOf(peer)) ?? true),
    );
    const before = await measurePeak();
    const { best, tried, failed } = await tryOut(wanted.filter(canRun), options);
    const measured = await measureRates(best, options);
    return {
      ...{ name: network.name, title: network.title, batch: network.batch },
      peaks: [before, await measurePeak()],
      tried: Object.fromEntries(tried.map((one) => [labelOf(one.peer), one.imagesPerSecond[0]])),
      best: measured.rates.map(toMeasured),
      ratios: ratiosOf(measured.rates),
      missing: missingOf(wanted, [...failed, ...measured.failed]),
    };
  });
}

/** Only a framework with several settings has to be tried. */
async function tryOut(peers: readonly Peer[], options: RatesOptions) {
  const best: Peer[] = [];
  const tried: Rates[] = [];
  const failed: Failed[] = [];
  for (const settings of Map.groupBy(peers, ({ framework }) => framework).values()) {
    if (settings.length === 1) {
      best.push(settings[0]);
      continue;
    }
    const trial = await measureRates(settings, { ...options, rounds: 1 });
    const [fastest] = trial.rates.toSorted((a, b) => b.imagesPerSecond[0] - a.imagesPerSecond[0]);
    if (fastest !== undefined) best.push(fastest.peer);
    tried.push(...trial.rates);
    failed.push(...trial.failed);
  }
  return { best, tried, failed };
}

const toMeasured = ({ peer, version, imagesPerSecond }: Rates): Measured => ({
  ...{ framework: peer.framework, setting: peer.setting, version },
  examplesPerSecond: imagesPerSecond,
});

/** Each framework's speed in a round is its own; which of the peers is the faster is told by their medians. */
function ratiosOf(rates: readonly Rates[]): number[] {
  const own = rates.find(({ peer }) => peer.framework === 'gradpool');
  const [fastest] = rates
    .filter((one) => one !== own)
    .toSorted((a, b) => median(b.imagesPerSecond) - median(a.imagesPerSecond));
  if (own === undefined || fastest === undefined) return [];
  return own.imagesPerSecond.map((rate, round) => rate / fastest.imagesPerSecond[round]);
}

const missingOf = (peers: readonly Peer[], failed: readonly Failed[]): Record<string, string> =>
  Object.fromEntries([
    ...peers.flatMap((peer) => (peer.missing === undefined ? [] : [[labelOf(peer), peer.missing]])),
    ...failed.map(({ peer, reason }) => [labelOf(peer), reason]),
  ]);
