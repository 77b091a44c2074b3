import { type PeerProcess, startPeer } from './peer-process.ts';
import type { Peer } from './peers.ts';

/** What was measured of a peer. */
export interface Rates {
  readonly peer: Peer;
  readonly version: string;
  /** Images a second in each round. */
  readonly imagesPerSecond: readonly number[];
}

export interface Failed {
  readonly peer: Peer;
  readonly reason: string;
}

export interface RatesOptions {
  readonly rounds: number;
  /** How long each peer works in a round. */
  readonly seconds: number;
  /** What a rate is of: seconds, or seconds of processor time, which others on the machine change less. */
  readonly meter?: 'wall' | 'cpu';
  readonly say: (text: string) => void;
}

/** All peers train on and on, one at a time: the others are halted. Interleaved, because machines change their speed. */
export async function measureRates(
  peers: readonly Peer[],
  { rounds, seconds, meter = 'wall', say }: RatesOptions,
): Promise<{ readonly rates: readonly Rates[]; readonly failed: readonly Failed[] }> {
  const failed: Failed[] = [];
  const running: { peer: Peer; process: PeerProcess; version: string; imagesPerSecond: number[] }[] = [];
  try {
    for (const peer of peers) {
      say(`${peer.framework}, ${peer.setting}: starts`);
      const process = startPeer(peer);
      try {
        running.push({ peer, process, version: await warmUp(process, seconds), imagesPerSecond: [] });
      } catch (error) {
        failed.push({ peer, reason: (error as Error).message });
      }
    }
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      for (const { process, imagesPerSecond } of running)
        imagesPerSecond.push(await rateDuring(process, seconds, meter));
    }
  } finally {
    for (const { process } of running) await process.end();
  }
  return { rates: running, failed };
}

/** Every runtime compiles during the first steps. @returns the version that the peer names */
async function warmUp(peer: PeerProcess, seconds: number): Promise<string> {
  let version = '';
  await peer.reports((report) => {
    version = report.version ?? version;
    return report.version !== undefined;
  });
  await rateDuring(peer, seconds, 'wall');
  return version;
}

/** From its first report to the first one after so many seconds. */
async function rateDuring(peer: PeerProcess, seconds: number, meter: 'wall' | 'cpu'): Promise<number> {
  let first: { images: number; at: number; cpu: number } | undefined;
  let rate = 0;
  peer.goOn();
  await peer.reports(({ images, at, cpu }) => {
    if (images === undefined) return false;
    first ??= { images, at, cpu };
    if (at - first.at < seconds * 1000) return false;
    rate = ((images - first.images) / (meter === 'cpu' ? cpu - first.cpu : at - first.at)) * 1000;
    return true;
  });
  peer.halt();
  return rate;
}
