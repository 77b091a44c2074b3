import type { Exchange } from './exchange.ts';

/** Of a trial of the link: many packets, and a second at most where it is slow. */
const triedFloats = 2 ** 21;

/** How many bytes of sums a second ranks exchange, measured now: the same number on all of them. */
export async function bytesPerSecond({ sum, gather }: Pick<Exchange, 'sum' | 'gather'>): Promise<number> {
  const place = 'the trial of the link';
  const memory = new SharedArrayBuffer(triedFloats * 4);
  const values = { memory, offset: 0, floats: triedFloats };
  // The first one makes connections.
  await sum(place, values);
  const begun = performance.now();
  await sum(place, values);
  const milliseconds = await gather(place, performance.now() - begun);
  return (memory.byteLength / Math.max(...milliseconds)) * 1000;
}
