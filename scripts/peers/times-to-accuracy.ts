import { startPeer } from './peer-process.ts';
import type { Peer } from './peers.ts';

/** Accuracies on the test images: what the tutorial reports, and what the network can reach in a few epochs. */
export const accuracies = [0.9733, 0.99] as const;

/** Seconds from the start of its process until a peer reached each of the accuracies; evaluations every 100 steps included. */
export async function timesToAccuracy(peer: Peer): Promise<Map<number, { seconds: number; step: number }>> {
  const reached = new Map<number, { seconds: number; step: number }>();
  const process = startPeer(peer);
  try {
    await process.reports(({ step, accuracy = 0, at }) => {
      if (step === undefined) return false;
      for (const wanted of accuracies)
        if (accuracy >= wanted && !reached.has(wanted)) reached.set(wanted, { seconds: at / 1000, step });
      return reached.size === accuracies.length || step >= mostSteps;
    });
  } finally {
    await process.end();
  }
  return reached;
}

/** Three epochs; as in mnist.py. */
const mostSteps = 1800;
