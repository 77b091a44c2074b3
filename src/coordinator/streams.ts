/** The sets of a training that stream: their batches come while it goes on. */
import type { TrainerRequest } from '../protocol/requests.ts';
import type { BatchPlace, Feed, StreamPosition } from '../protocol/stream.ts';
import { counted } from '../shown.ts';
import type { Batches } from './batches/batches.ts';
import { type Batch, scheduleOf } from './batches/schedule.ts';
import { openStream, placeOf, type Stream } from './batches/stream.ts';
import { streamedBatches } from './batches/streamed.ts';
import { type EvaluationProgress, evaluateStream } from './evaluate.ts';
import type { Session } from './session.ts';
import type { StepMeans } from './step.ts';
import type { MeasuredParts } from './training.ts';

export interface Streams {
  /** Those from a place on: of a training that goes on, where it had come to. */
  batches(begin: { readonly firstEpoch: number; readonly from?: StreamPosition | undefined }): Batches;
  /** Where the test set streams, too. */
  readonly validate?: (
    session: Session,
    stopped: () => boolean,
    onDone?: EvaluationProgress,
  ) => Promise<StepMeans | undefined>;
}

export interface StreamsRequest extends Pick<TrainerRequest, 'config' | 'stream'> {
  readonly parts: MeasuredParts;
  readonly session: Session;
  readonly feed?: Feed | undefined;
  /** Whether somebody may go on with the training. */
  readonly isKept?: boolean;
}

/** Which sets of a training are rooms for batches. */
export function roomsOf(stream: TrainerRequest['stream']): readonly ('train' | 'test')[] {
  if (stream === undefined) return [];
  return stream.validation === undefined ? ['train'] : ['train', 'test'];
}

/** The beginning of the training set's room. */
export const placeIn = (
  { memory, layout }: Session,
  { train }: MeasuredParts,
  most: number,
): BatchPlace | undefined =>
  train && placeOf({ ...{ memory, layout: layout.train, room: train }, start: 0, most });

/** @returns undefined where nobody feeds */
export function openStreams(request: StreamsRequest): Streams | undefined {
  const { config, stream, parts, session, feed, isKept = false } = request;
  if (feed === undefined || stream === undefined) return undefined;
  const { batchesPerEpoch, validation, set } = stream;
  const open = (set: 'train' | 'test'): Stream | undefined => {
    const room = parts[set];
    const { layout, memory, exchange } = session;
    return room && openStream({ set, room, layout: layout[set], memory, feed, exchange });
  };
  const [train, test] = [open('train'), open('test')];
  if (train === undefined) return undefined;
  const onEarlyEnd = ({ epoch, index }: Pick<Batch, 'epoch' | 'index'>) =>
    session.notice(
      `the data set ended after ${counted(index, 'batch')} of epoch ${epoch}, of ${batchesPerEpoch} (\`batchesPerEpoch\`), and with it the training`,
      true,
    );
  const { epochs } = config;
  const batches: Streams['batches'] = (begin) => {
    const schedule = set && scheduleOf(set.examples, config, begin.firstEpoch);
    return streamedBatches(train, { ...begin, epochs, batchesPerEpoch, schedule, onEarlyEnd, isKept });
  };
  if (validation === undefined || test === undefined) return { batches };
  return {
    batches,
    validate: (of, stopped, onDone) =>
      evaluateStream(stopped, of, { stream: test, most: validation.batches, set, onDone }),
  };
}
