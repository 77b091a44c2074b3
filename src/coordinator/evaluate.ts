import type { Dataset } from '../data/dataset.ts';
import { inputError } from '../errors.ts';
import type { Loss } from '../loss/loss.ts';
import { isOfBatch, metricOfSums, type OutputMetric } from '../metric/metrics.ts';
import type { Done } from '../pool/place.ts';
import type { StreamedSet } from '../protocol/stream.ts';
import type { EvaluateTask, MeasuredSums } from '../protocol/tasks.ts';
import { cutIntoShards, evaluationExamples, evaluationParts } from '../reduction/shards.ts';
import { counted } from '../shown.ts';
import type { Batch } from './batches/schedule.ts';
import type { Stream } from './batches/stream.ts';
import { classesOf, confusionMatrix } from './examples/classes.ts';
import type { Session } from './session.ts';
import type { StepMeans } from './step.ts';

/** How many examples are done, and how many there are. */
export type EvaluationProgress = (done: number, count: number) => void;

/**
 * The means of loss, right classes and metrics over the whole test set, with the current parameters; the predictions
 * are left in the layout's `test.predictions`. Sums are of a fixed number of examples each, and are added in order: the
 * same bits for any workers and tasks.
 * @param batchSize which batches metrics like precision are means over; without it they are those of the whole set
 * @param stopped once it says so, no further task is begun
 * @param onDone is told of every hundredth of it
 * @returns undefined when stopped
 * @throws GradpoolError when a loss is not finite, also when it is computed again: the classes would then mean nothing
 *   either
 */
export async function evaluateUnless(
  stopped: () => boolean,
  session: Session,
  batchSize?: number,
  onDone?: EvaluationProgress,
): Promise<StepMeans | undefined> {
  const { count } = session.layout.test;
  const sums = await sumsOf(stopped, session, { start: 0, count }, '', onDone);
  if (sums === undefined) return undefined;
  const batches =
    batchSize === undefined || !session.metrics.some(isOfBatch) ? undefined : testBatches(session, batchSize);
  return meansOf(session, sums, count, batches);
}

export interface TestStream {
  readonly stream: Stream;
  /** Batches to evaluate on. */
  readonly most?: number | undefined;
  /** Whose test part it is: the means are those of the whole, as if it were in memory. */
  readonly set?: StreamedSet | undefined;
  readonly onDone?: EvaluationProgress | undefined;
}

/** `evaluateUnless` over a pass of a test set that streams. */
export async function evaluateStream(
  stopped: () => boolean,
  session: Session,
  { stream, most = Number.POSITIVE_INFINITY, set, onDone }: TestStream,
): Promise<StepMeans | undefined> {
  const batches: { readonly count: number; readonly sums: MeasuredSums[] }[] = [];
  let batch = 0;
  let before = 0;
  const onMore = set && onDone && ((done: number) => onDone(before + done, set.testExamples));
  for (; batch < most; batch++) {
    const rows = await stream.next(batch + 1 < most);
    if (rows === 'stopped') return undefined;
    if (rows === undefined) break;
    const sums = await sumsOf(stopped, session, rows, ` of batch ${batch} of the validation data`, onMore);
    if (sums === undefined) return undefined;
    before += rows.count;
    batches.push({ count: rows.count, sums });
  }
  stream.endPass();
  if (batch < most && Number.isFinite(most))
    session.notice(
      `the validation data ended after ${counted(batch, 'batch')} of ${most} (\`validationBatches\`); the means are of those`,
      true,
    );
  const all = batches.flatMap(({ sums }) => sums);
  return meansOf(
    session,
    all,
    totalOf(batches, ({ count }) => count),
    set === undefined ? batches : undefined,
  );
}

type Rows = Pick<Batch, 'start' | 'count'>;

/** @param where the rows are, for messages */
async function sumsOf(
  stopped: () => boolean,
  session: Session,
  rows: Rows,
  where: string,
  onDone?: EvaluationProgress,
): Promise<MeasuredSums[] | undefined> {
  const all = evaluateTasks(session, rows);
  const failed = ({ first, count }: EvaluateTask, { sums }: Done) => {
    const part = sums.findIndex(({ loss }) => !Number.isFinite(loss));
    const from = first - rows.start + part * evaluationExamples;
    return notFinite(sums[part].loss, `${from} to ${from + evaluationParts(count)[part] - 1}${where}`);
  };
  const measured = async (tasks: readonly EvaluateTask[]): Promise<MeasuredSums[] | undefined> => {
    const onTask = onDone && counting(onDone, tasks.length, rows);
    const done = await session.pool.runUnless(stopped, tasks, onTask);
    if (done === undefined) return undefined;
    return (await finiteOf(session, tasks, done, failed)).flatMap((reply) => reply.sums);
  };
  return measuredTogether(session, 'an evaluation', all, measured);
}

/**
 * Ranks share the tasks, and all have all predictions then.
 * @param measured of those of this rank, in order; undefined where it was stopped, and then none goes on
 */
export async function measuredTogether(
  session: Session,
  place: string,
  tasks: readonly EvaluateTask[],
  measured: (tasks: readonly EvaluateTask[]) => Promise<MeasuredSums[] | undefined>,
): Promise<MeasuredSums[] | undefined> {
  const { exchange, layout, outputs } = session;
  const { first, count } = cutIntoShards(tasks.length, exchange.ranks)[exchange.rank];
  const own = tasks.slice(first, first + count);
  const sums = await measured(own);
  if (exchange.ranks === 1) return sums;
  const rowsOf = (row: number, rows: number) =>
    session.floats(layout.test.predictions + row * outputs * 4, rows * outputs);
  const row = own[0]?.first ?? 0;
  const rows = own.reduce((all, task) => all + task.count, 0);
  const all = await exchange.gather(place, sums && { sums, row, predictions: rowsOf(row, rows).slice() });
  const told = all.flatMap((one) => one ?? []);
  if (told.length < all.length) return undefined;
  for (const { row, predictions } of told) rowsOf(row, predictions.length / outputs).set(predictions);
  return told.flatMap((one) => one.sums);
}

/** Counts tasks that were done; few events tell as much as many. */
function counting(onDone: EvaluationProgress, tasks: number, { count }: Rows): () => void {
  const every = Math.ceil(tasks / 100);
  let done = 0;
  return () => {
    done++;
    if (done % every === 0) onDone(Math.min(Math.ceil((done * count) / tasks), count), count);
  };
}

/** Of some examples, the sums of their parts. */
interface Part {
  readonly count: number;
  readonly sums: readonly Pick<MeasuredSums, 'metrics'>[];
}

/** @param batches whose mean a metric of a batch is, as TensorFlow.js has it; without them it is that of all examples */
function meansOf(
  { metrics }: Session,
  sums: readonly MeasuredSums[],
  count: number,
  batches?: readonly Part[],
): StepMeans {
  return {
    loss: totalOf(sums, ({ loss }) => loss) / count,
    correct: totalOf(sums, ({ correct }) => correct) / count,
    metrics: metrics.map((one, metric) => {
      if (batches === undefined || !isOfBatch(one)) return metricOfPart(one, metric, { count, sums });
      return totalOf(batches, (batch) => batch.count * metricOfPart(one, metric, batch)) / count;
    }),
  };
}

function metricOfPart(one: OutputMetric, metric: number, { count, sums }: Part): number {
  const total = sums[0].metrics[metric].map((_, sum) => totalOf(sums, ({ metrics }) => metrics[metric][sum]));
  return metricOfSums(one, total, count);
}

const totalOf = <T>(parts: readonly T[], of: (part: T) => number): number =>
  parts.reduce((sum, part) => sum + of(part), 0);

/** The test set in batches, measured again: tasks have another size. */
function testBatches({ layout, measureTest }: Session, batchSize: number): Part[] {
  const { count } = layout.test;
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) => {
    const first = batch * batchSize;
    const examples = Math.min(batchSize, count - first);
    return { count: examples, sums: [{ metrics: measureTest(first, examples) }] };
  });
}

/** `evaluateUnless` to the end. */
export async function evaluateTestSet(session: Session, onDone?: EvaluationProgress): Promise<StepMeans> {
  const whole = await evaluateUnless(() => false, session, undefined, onDone);
  if (whole === undefined) throw new Error('An evaluation ended that nobody had stopped');
  return whole;
}

/**
 * Which classes of the test set were taken for which, of the predictions that the last evaluation has left in memory.
 * @returns by true class, then by predicted class
 */
export function confusionOf(
  { layout, floats, outputs }: Session,
  test: Dataset,
  loss: Loss['name'],
): number[][] {
  const { count, predictions } = layout.test;
  const predicted = classesOf(floats(predictions, count * outputs), outputs, loss);
  return confusionMatrix(test.labels, predicted, Math.max(outputs, 2));
}

/** Of ranks that evaluate together, each makes the same ones. */
export function evaluateTasks(
  session: Pick<Session, 'current' | 'isAverage' | 'maxExamples' | 'workers' | 'exchange'>,
  { start, count }: Rows,
): EvaluateTask[] {
  const { current, isAverage } = session;
  const size = taskExamplesOf(session, count);
  return Array.from({ length: Math.ceil(count / size) }, (_, task) => {
    const done = task * size;
    const some = Math.min(size, count - done);
    const counts = evaluationParts(some);
    return { kind: 'evaluate', first: start + done, count: some, counts, current, isAverage };
  });
}

/** Enough for every worker to take several, so that none waits long for another one. */
const tasksOfWorker = 4;

/** As many parts as a worker has room for; among ranks one, since these share the tasks, and may have other workers each. */
function taskExamplesOf(
  { maxExamples, workers, exchange: { ranks } }: Parameters<typeof evaluateTasks>[0],
  count: number,
): number {
  if (ranks > 1) return evaluationExamples;
  const most = Math.floor(maxExamples / evaluationExamples);
  const fair = Math.ceil(count / evaluationExamples / (tasksOfWorker * workers));
  return evaluationExamples * Math.max(1, Math.min(most, fair));
}

/**
 * What is not finite is computed once more, by another worker.
 * @param failed the error where it is not finite then either
 */
export async function finiteOf(
  { pool }: Pick<Session, 'pool'>,
  tasks: readonly EvaluateTask[],
  done: readonly Done[],
  failed: (task: EvaluateTask, again: Done) => Error,
): Promise<readonly Done[]> {
  const bad = done.flatMap(({ finite }, index) => (finite ? [] : [index]));
  if (bad.length === 0) return done;
  const again = await pool.run(
    bad.map((index) => tasks[index]),
    { notBy: bad.map((index) => done[index].worker) },
  );
  for (const [index, reply] of again.entries()) if (!reply.finite) throw failed(tasks[bad[index]], reply);
  return done.map((one, index) => (one.finite ? one : again[bad.indexOf(index)]));
}

const notFinite = (loss: number, examples: string) =>
  inputError(
    `Expected a finite loss, got ${loss} for the examples ${examples}, also when it was computed again: the model's weights or these inputs are too large to compute with`,
  );
