/** The whole training of a GAN: open, loop over the steps, show samples, save, close. */
import { isDue } from '../coordinator/batches/schedule.ts';
import { NotFiniteError } from '../coordinator/not-finite.ts';
import { openProfile } from '../coordinator/timing/profile.ts';
import { createStopwatch } from '../coordinator/timing/stopwatch.ts';
import { endedInNeed, inputError } from '../errors.ts';
import { openExchange } from '../exchange/begin/open.ts';
import { type Exchange, toTheEnd } from '../exchange/exchange.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { GanEvent, GanLosses, GanRequest, GanResult } from '../protocol/gan.ts';
import { parametersSha256 } from '../run/hashes.ts';
import { logSessions, type SessionLog } from '../run/sessions/session-log.ts';
import { counted } from '../shown.ts';
import { type Gan, openGan } from './gan.ts';
import { type GanRecorder, openGanRecorder } from './gan-recorder.ts';
import { noiseStream } from './noise.ts';

export interface GanContext {
  /** What it returns for a sample is waited for. */
  readonly onEvent: (event: GanEvent) => unknown;
  /** Aborted when the training shall end after the step under way. */
  readonly stop: AbortSignal;
}

export async function trainGan(request: GanRequest, context: GanContext): Promise<GanResult> {
  const exchange = await openExchange(request.config, context.stop);
  const { sessions, onEvent } = logSessions<GanEvent>(context.onEvent);
  return toTheEnd(exchange, () => trainWith({ exchange, sessions }, request, onEvent));
}

async function trainWith(
  { exchange, sessions }: { readonly exchange: Exchange; readonly sessions: SessionLog },
  request: GanRequest,
  onEvent: GanContext['onEvent'],
): Promise<GanResult> {
  const { config, train } = request;
  if (config.batchSize > train.count)
    throw inputError(
      `Expected a batch size of at most the data set's ${counted(train.count, 'example')}, got ${config.batchSize}; use a smaller \`batchSize\``,
    );
  const { stop } = exchange;
  const profile = await openProfile(request.profile, exchange.rank);
  const gan = await openGan(request, {
    onEvent,
    stop,
    exchange,
    ...(profile === undefined ? {} : { profile }),
  });
  let recorder: GanRecorder | undefined;
  let how: 'done' | 'stopped' | 'failed' = 'failed';
  try {
    await gan.checkAlike();
    recorder = await openGanRecorder(request, gan, onEvent);
    if (recorder.path !== undefined) sessions.open(recorder.path, request);
    await gan.load(recorder.resumed ?? beginning(request));
    const { workers, engine, kernels, stepsPerEpoch, done: fromStep } = gan;
    const run = recorder.path === undefined ? {} : { run: recorder.path };
    for (const text of gan.doubts()) onEvent({ kind: 'notice', text });
    onEvent({
      kind: 'start',
      fromStep,
      steps: config.steps,
      stepsPerEpoch,
      workers,
      engine,
      kernels,
      ...run,
    });
    const losses = await runSteps(request, gan, recorder, onEvent);
    await profile?.write();
    const { generator, discriminator } = await gan.state();
    const stopped = gan.done < config.steps;
    how = stopped ? 'stopped' : 'done';
    return {
      ...{ globalStep: gan.done, ...losses, stopped },
      ...{ generator: generator.parameters, discriminator: discriminator.parameters },
      parametersSha256: parametersSha256(generator.parameters),
      ...run,
    };
  } finally {
    await sessions.close(how);
    await recorder?.close();
    await gan.close();
  }
}

const beginning = ({ generator, discriminator }: GanRequest) => ({
  step: 0,
  generator: unplayed(generator),
  discriminator: unplayed(discriminator),
});

const unplayed = ({ parameters }: ModelSpec) => ({
  ...{ parameters, optimizer: { steps: 0, arrays: [] }, skippedSteps: [] },
});

async function runSteps(
  { config }: GanRequest,
  gan: Gan,
  recorder: GanRecorder,
  onEvent: GanContext['onEvent'],
): Promise<GanLosses> {
  const { stop } = gan.exchange;
  const stopwatch = createStopwatch();
  let losses: GanLosses = {};
  const show = async () => {
    const images = await gan.sample(config.sampleCount, noiseStream.ofSamples);
    // A run that is killed then has the samples up to its newest checkpoint.
    await onEvent({ kind: 'sample', step: gan.done, images, count: config.sampleCount });
    const collapsed = config.sampleCount > 1 && gan.done > 0 && areAlike(images, config.sampleCount);
    if (collapsed)
      onEvent({ kind: 'notice', text: collapsedText(gan.done, config.sampleCount), isWarning: true });
  };
  // A run that was killed behind its checkpoint may lack the sample of that step.
  if (gan.done === 0 || isDue(config.sampleEvery, gan.done)) await show();
  while (gan.done < config.steps && !stop.aborted) {
    stopwatch.start();
    const done = await gan.step().catch(async (error: unknown) => {
      throw await savedInNeed(error, gan, recorder);
    });
    ({ losses } = done);
    stopwatch.stop(config.batchSize);
    const step = gan.done;
    const epoch = gan.epochOf(step);
    for (const { network, reason } of done.leftOut) {
      await recorder.record({ kind: 'skipped', step, epoch, network, reason });
      onEvent({ kind: 'skipped', step, network, reason });
    }
    if (isDue(config.logEvery, step - 1) || step === config.steps) {
      const stepsPerSecond = stopwatch.lap();
      await recorder.record({ kind: 'gan step', step, epoch, ...losses, steps_per_second: stepsPerSecond });
      onEvent({ kind: 'step', step, epoch, ...losses, stepsPerSecond });
    } else onEvent({ kind: 'progress', step, ...losses });
    if (isDue(config.sampleEvery, step) || step === config.steps) await show();
    if (isDue(config.saveEvery, step)) await recorder.save(gan);
  }
  if (gan.done > 0) await recorder.save(gan);
  return losses;
}

/**
 * Saves what was trained up to a step that no worker can do any more. Not after one that is not finite: the networks may
 * have diverged before it.
 * @returns the error to end with
 */
async function savedInNeed(error: unknown, gan: Gan, recorder: GanRecorder): Promise<unknown> {
  if (error instanceof NotFiniteError || recorder.path === undefined || gan.done === 0) return error;
  return endedInNeed(error, gan.done, async () => {
    await gan.retreat();
    await recorder.save(gan, { untried: true });
  });
}

/** Whether examples from 0 to 1 are the same picture, as bytes. @param values [count, ...shape] */
function areAlike(values: Float32Array, count: number): boolean {
  const size = values.length / count;
  const byte = (index: number) => Math.round(values[index] * 255);
  for (let index = size; index < values.length; index++) if (byte(index) !== byte(index % size)) return false;
  return true;
}

const collapsedText = (step: number, count: number): string =>
  `step ${step}: all ${count} examples of the sample are the same picture, whatever the noise (mode collapse); a smaller \`learningRate\` or \`labelSmoothing\` often helps`;
