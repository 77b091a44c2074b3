import { isSequential, type Network } from '../model/network.ts';
import { sha256 } from '../sha256.ts';

/**
 * SHA-256 of what a model computes. Names and initializers are left out: TensorFlow.js numbers unnamed layers
 * through, so a model built twice in one process has other names, and a resumed run draws no initial values. Of a
 * sequential model the connections are left out too: the runs of versions that knew no others go on.
 */
export function modelSha256(network: Network, topology: object): string {
  const left = ['name', 'initializer', 'opaque', ...(isSequential(network) ? ['reads'] : [])];
  return sha256(
    JSON.stringify(network.opaque === undefined ? network : [network, topology], (key, value) => {
      if (left.includes(key)) return undefined;
      return isRecord(value) ? sorted(value) : value;
    }),
  );
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The hash must not depend on the order in which code happened to set the fields. */
const sorted = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
