import { writeSync } from 'node:fs';
import type { TrainConfig } from '../../config/config.ts';
import { alone, type Exchange } from '../exchange.ts';

/** With whom a training is made, as its options say. Nothing of MPI is loaded where a process is alone. */
export async function openExchange(
  { exchange, stepTimeout }: Pick<TrainConfig, 'exchange' | 'stepTimeout'>,
  stop: AbortSignal,
): Promise<Exchange> {
  if (exchange === 'local') return alone(stop);
  const { mpiExchange } = await import('../mpi/exchange.ts');
  // The process ends before anything that waits would be written.
  return mpiExchange({ stop, stepTimeout, onAbort: (reason) => writeSync(2, `gradpool: ${reason}\n`) });
}
