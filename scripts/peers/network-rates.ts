import { readNetwork } from '../../src/model/read-network.ts';
import { trainingFlop } from '../benchmark/flop.ts';
import { withNetworkFiles } from './network-files.ts';
import type { PeerNetwork } from './networks.ts';
import { measurePeak } from './peak.ts';
import { type Installed, networkPeers, type Peer } from './peers.ts';
import { type Failed, measureRates, type Rates, type RatesOptions } from './rates.ts';

/** What was measured of one network. */
export interface NetworkRates {
  readonly network: PeerNetwork;
  /** Floating point operations of one image's training step, in plain form. */
  readonly flop: number;
  /** GFLOP/s of the matrix product on all cores, before and after. */
  readonly peaks: readonly number[];
  readonly rates: readonly Rates[];
  readonly peers: readonly Peer[];
  readonly failed: readonly Failed[];
}

export function measureNetwork(
  network: PeerNetwork,
  installed: Installed,
  cores: number,
  options: RatesOptions,
): Promise<NetworkRates> {
  return withNetworkFiles(network, async (files) => {
    const peers = networkPeers(installed, cores, files);
    const before = await measurePeak();
    const measured = await measureRates(
      peers.filter(({ missing }) => missing === undefined),
      options,
    );
    const peaks = [before, await measurePeak()];
    return { network, flop: trainingFlop(readNetwork(network.topology)), peaks, peers, ...measured };
  });
}
