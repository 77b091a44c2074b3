import { trainInThread } from '../../api/client.ts';
import type { TrainEvent } from '../../protocol/requests.ts';
import { counted } from '../../shown.ts';
import { notice, print } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { statusLine } from '../print/status-line.ts';
import { aligned } from '../print/table.ts';
import { type Described, type DescribedOptions, describe } from './described.ts';

/** One training of the same steps. */
interface Verified {
  readonly workers: number;
  /** Whether a worker was ended in the middle of it. */
  readonly killed: boolean;
  readonly parametersSha256: string;
}

/**
 * Trains the same steps with several numbers of workers, and once with a worker that ends in the middle of a step.
 * @returns the exit code: 0 where all ended with the same bits
 */
export async function verifyCommand(options: DescribedOptions): Promise<number> {
  const { json = false } = options;
  const described = await describe({ steps: 20, ...options }, [1, 2, 4, 8], 2);
  const { workerCounts, config, name } = described;
  if (!json) print(`${counted(config.steps ?? 0, 'step')} of ${printable(name)}, seed ${config.seed}`);
  const verified: Verified[] = [];
  for (const workers of workerCounts) verified.push(await trained(described, workers, false));
  verified.push(await trained(described, Math.max(2, ...workerCounts), true));
  const isSame = new Set(verified.map(({ parametersSha256 }) => parametersSha256)).size === 1;
  if (json) print(JSON.stringify({ same: isSame, trainings: verified }));
  else {
    const rows = verified.map(({ workers, killed, parametersSha256 }) => [
      ...[`${workers}`, killed ? 'ended in a step, and replaced' : '-', parametersSha256],
    ]);
    for (const line of aligned([['workers', 'a worker', 'SHA-256 of the parameters'], ...rows], 3))
      print(line);
    print(isSame ? 'the same bits' : 'NOT the same bits');
  }
  return isSame ? 0 : 1;
}

async function trained(
  { config, model, train }: Described,
  workers: number,
  killed: boolean,
): Promise<Verified> {
  const steps = config.steps ?? 0;
  let lost = 0;
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'worker' && event.state === 'lost') lost++;
    if (event.kind === 'step' || event.kind === 'progress')
      statusLine.show(`${counted(workers, 'worker')}: step ${event.step}/${steps}`);
  };
  // With as many shards as workers or more, each of them has work.
  const { parametersSha256 } = await trainInThread(
    {
      ...{ model, train, config: { ...config, workers }, resume: false, reportProbabilities: false },
      ...(killed ? { drill: Math.ceil(steps / 2) } : {}),
    },
    { onEvent },
  );
  statusLine.clear();
  if (killed && lost === 0)
    notice('no worker ended, as it should have: a batch has work for one only (`shards`, `batchSize`)');
  return { workers, killed: lost > 0, parametersSha256 };
}
