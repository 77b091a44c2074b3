/** The ranks of an mpirun, as a command meets them: rank 0 speaks to the user, the others write logs. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TrainConfig } from '../../config/config.ts';
import { type ExchangeName, trainOptions } from '../../config/train-options.ts';
import { joinRanks, leaveRanks } from '../../exchange/begin/join.ts';
import { openExchange } from '../../exchange/begin/open.ts';
import { alone, type Exchange } from '../../exchange/exchange.ts';
import { type Launch, launchOf } from '../../exchange/launch.ts';
import { defaultRuns } from '../../run/run-directory.ts';
import { notice } from '../print/output.ts';
import { logInto } from './rank-log.ts';

export interface Ranks {
  readonly name: ExchangeName;
  /** In this thread, as long as no training uses its own. */
  readonly exchange: Exchange;
  /** What every rank does before they train together: where it fails on one of them, it fails on all. */
  prepare<T>(work: () => Promise<T>): Promise<T>;
  /** Once nothing is to be done together any more. */
  leave(): Promise<void>;
}

export interface RanksRequest {
  /** As typed; default: mpi where mpirun has started several processes. */
  readonly exchange?: ExchangeName | undefined;
  /** As typed: no option is checked yet. */
  readonly stepTimeout?: TrainConfig['stepTimeout'] | undefined;
  readonly stop: AbortSignal;
  /** As typed: beside it the other ranks write their logs. */
  readonly run?: string | undefined;
}

/** @throws GradpoolError where mpirun has started several processes, and what they need is missing */
export async function openRanks({ exchange: given, stop, run, ...typed }: RanksRequest): Promise<Ranks> {
  const isTogether = given === 'mpi' || (given === undefined && (launchOf()?.ranks ?? 1) > 1);
  if (!isTogether)
    return { name: 'local', exchange: alone(stop), prepare: (work) => work(), async leave() {} };
  const launch = await joinRanks();
  // Of a SIGTERM, mpirun makes an end of its own. This one it passes on.
  process.on('SIGUSR2', () => process.kill(process.pid, 'SIGTERM'));
  if (launch.rank > 0) logInto(`${run ?? join(defaultRuns, 'run')}.rank-${launch.rank}.log`);
  const stepTimeout = Number.isInteger(typed.stepTimeout)
    ? Number(typed.stepTimeout)
    : trainOptions.stepTimeout.default;
  const exchange = await openExchange({ exchange: 'mpi', stepTimeout }, stop);
  await introduce(exchange, launch);
  return {
    name: 'mpi',
    exchange,
    async prepare(work) {
      try {
        const done = await work();
        await exchange.gather('the preparation', undefined);
        return done;
      } catch (error) {
        await exchange.fail(error);
        throw error;
      }
    },
    leave: leaveRanks,
  };
}

/** As torchrun names them. */
async function introduce(exchange: Exchange, { rank, ranks, localRank }: Launch): Promise<void> {
  const hosts = await exchange.gather('the introduction', hostname());
  notice(
    `RANK=${rank} WORLD_SIZE=${ranks} LOCAL_RANK=${localRank}, the hosts of the ranks: ${hosts.join(', ')}`,
  );
}
