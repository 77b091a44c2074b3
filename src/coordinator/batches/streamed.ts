/** The batches of a training that come one by one. */
import { inputError } from '../../errors.ts';
import type { StreamPosition } from '../../protocol/stream.ts';
import { sha256 } from '../../sha256.ts';
import { counted } from '../../shown.ts';
import type { Batches } from './batches.ts';
import type { Batch, Schedule } from './schedule.ts';
import type { Stream } from './stream.ts';

export interface StreamedEpochs {
  readonly firstEpoch: number;
  readonly epochs: number;
  /** Undefined: an epoch ends where its pass over the stream does. */
  readonly batchesPerEpoch?: number | undefined;
  /** Of passes whose length is known before. */
  readonly schedule?: Schedule | undefined;
  /** Is told that a stream of so many batches an epoch has ended early. */
  readonly onEarlyEnd: (position: Pick<Batch, 'epoch' | 'index'>) => void;
  /** Where a training that goes on had come to. */
  readonly from?: StreamPosition | undefined;
  /** Whether somebody may go on with it: the batches are hashed then. */
  readonly isKept: boolean;
}

/** A pass over the stream is an epoch; with `batchesPerEpoch` one pass is all of them. */
export function streamedBatches(stream: Stream, request: StreamedEpochs): Batches {
  const { firstEpoch, epochs, batchesPerEpoch, schedule, onEarlyEnd, from, isKept } = request;
  const stepsPerEpoch = schedule?.stepsPerEpoch ?? batchesPerEpoch ?? Number.POSITIVE_INFINITY;
  // No epochs times no end would not be a number.
  const most = epochs <= firstEpoch ? 0 : (epochs - firstEpoch) * stepsPerEpoch;
  const steps = schedule?.steps ?? most;
  const begun = { taken: 0, sha256: '' };
  let { epoch, index } = from ?? { epoch: firstEpoch, index: 0 };
  let [pass, behind, isEnded] = [begun, from, false];
  const endEpoch = () => {
    [epoch, index] = [epoch + 1, 0];
    if (batchesPerEpoch === undefined) pass = begun;
  };
  const endOfStream = () => {
    if (batchesPerEpoch === undefined) return endEpoch();
    isEnded = true;
    onEarlyEnd({ epoch, index });
  };
  const after = ({ taken, sha256: last }: typeof begun, rows: Rows) => ({
    taken: taken + 1,
    sha256: isKept ? sha256(last, ...stream.contents(rows)) : '',
  });
  return {
    ...{ steps, stepsPerEpoch },
    isLeft: (done) => (schedule === undefined ? !isEnded && epoch < epochs : done < steps),
    position: () => ({ epoch, index }),
    async next(done) {
      if (behind !== undefined) {
        const reached = await passOver(stream, behind, begun, after, schedule && 'data');
        if (reached === 'stopped') return undefined;
        [pass, behind] = [reached, undefined];
      }
      const rows = await stream.next(index + 1 < stepsPerEpoch && done + 1 < steps, epoch);
      if (rows === 'stopped') return undefined;
      if (rows === undefined) {
        endOfStream();
        return undefined;
      }
      pass = after(pass, rows);
      const batch = { epoch, index, ...rows, isStreamed: true } as const;
      index++;
      if (index === stepsPerEpoch) {
        endEpoch();
        if (schedule !== undefined) stream.endPass();
      }
      return batch;
    },
    streamed: () => behind ?? { epoch, index, ...pass, batchesPerEpoch: batchesPerEpoch ?? null },
  };
}

type Rows = Pick<Batch, 'start' | 'count'>;

type Pass = Pick<StreamPosition, 'taken' | 'sha256'>;

/**
 * Takes the batches that were trained on before, and trains on none.
 * @throws GradpoolError where they are others
 */
async function passOver(
  stream: Stream,
  { taken, sha256: hash, epoch, batchesPerEpoch }: StreamPosition,
  begun: Pass,
  after: (pass: Pass, rows: Rows) => Pass,
  name = 'dataset',
): Promise<Pass | 'stopped'> {
  let pass = begun;
  const expected = `Expected \`${name}\` to give the ${counted(taken, 'batch')} that the run was trained on in this pass`;
  const next = 'give the same ones in the same order, or begin a new run without `resume`';
  while (pass.taken < taken) {
    const rows = await stream.next(true, batchesPerEpoch === null ? epoch : undefined);
    if (rows === 'stopped') return rows;
    if (rows === undefined) throw inputError(`${expected}, got ${pass.taken}; ${next}`);
    pass = after(pass, rows);
  }
  if (pass.sha256 !== hash) throw inputError(`${expected}, got others; ${next}`);
  return pass;
}
