/** Whether a training's examples and batches give the steps that were asked for. */
import { limits } from '../../config/train-options.ts';
import { inputError, usageError } from '../../errors.ts';
import type { TrainerRequest } from '../../protocol/requests.ts';
import type { StreamPart } from '../../protocol/stream.ts';
import { counted } from '../../shown.ts';
import { examplesOfEpoch, scheduleOf } from './schedule.ts';

/** @throws GradpoolError that names the option */
export function checkSchedule(request: TrainerRequest): void {
  const { config, fit, stream } = request;
  const examples = examplesOfEpoch(request);
  if (config.batchSize > examples)
    throw inputError(
      `Expected a batch size of at most the data set's ${counted(examples, 'example')}, got ${config.batchSize}; use a smaller \`batchSize\``,
    );
  const schedule = scheduleOf(examples, config, fit?.initialEpoch);
  const isKnown = stream === undefined || stream.set !== undefined;
  checkAccumulation(isKnown ? schedule.steps : streamedSteps(config, stream, fit), config);
  if (config.steps === undefined && schedule.steps > limits.steps)
    throw inputError(
      `Expected \`epochs\` to be at most ${Math.floor(limits.steps / schedule.stepsPerEpoch)} with ${schedule.stepsPerEpoch} steps each, got ${config.epochs}`,
    );
}

/** Undefined where nobody says how many batches come. */
const streamedSteps = (
  { epochs }: TrainerRequest['config'],
  { batchesPerEpoch }: StreamPart,
  fit: TrainerRequest['fit'],
): number | undefined =>
  batchesPerEpoch === undefined ? undefined : batchesPerEpoch * (epochs - (fit?.initialEpoch ?? 0));

/** @throws GradpoolError of kind 'usage' where the last batches would make no update */
function checkAccumulation(steps: number | undefined, { update }: TrainerRequest['config']): void {
  const { accumulateSteps } = update;
  // A caller that steps has no last one.
  if (steps === undefined || !Number.isFinite(steps) || steps % accumulateSteps === 0) return;
  throw usageError(
    `Expected \`accumulateSteps\` to divide the ${counted(steps, 'step')} of the training, got ${accumulateSteps}: the last ${counted(steps % accumulateSteps, 'batch')} would make no update; choose another one, or other \`steps\`, \`epochs\` or \`batchSize\``,
  );
}
