/** Prints, for each fault that ends or hangs a thread, how a training ends in which no worker is started again. */
import { type Fault, type ThreadFault, threadFaults } from './fault.ts';
import { trainUnderChaos } from './training.ts';

const deadly = threadFaults.filter((kind) => kind !== 'straggler' && kind !== 'NaN once');

for (const kind of deadly) console.log(JSON.stringify([kind, await endOf(kind)]));

async function endOf(kind: ThreadFault): Promise<string> {
  const point: Pick<Fault, 'task' | 'nth' | 'times'> =
    kind === 'failing start' ? { task: 'start', nth: 1, times: 2 } : { task: 'gradient', nth: 3 };
  try {
    await trainUnderChaos({ workers: 2, maxRestarts: 0, faults: [{ kind, ...point, when: 'before' }] });
    return 'trained to the end';
  } catch (error) {
    return (error as Error).message;
  }
}
