import type { Preparation } from '../augmentation/settings.ts';
import { optimizerOptions, optionsOfOptimizer, settingsOfOptimizers } from '../config/optimizer-options.ts';
import {
  optionsOfPreparation,
  type PreparationOptions,
  resolvePreparation,
} from '../config/preparation-options.ts';
import {
  constantSchedule,
  optionsOfSchedule,
  resolveSchedule,
  scheduleNames,
  namesOfScheduleOptions as scheduleSettingNames,
} from '../config/schedule-options.ts';
import { optionsOfUpdate, updateOptions } from '../config/update-options.ts';
import { inputError } from '../errors.ts';
import { type Loss, lossLabel, lossNames, type ModelLoss, type OwnFunction } from '../loss/loss.ts';
import type { ScheduleSettings } from '../optimizer/schedules/settings.ts';
import type { OptimizerSettings } from '../optimizer/settings.ts';
import {
  type Clipping,
  decayExclusions,
  plainUpdates,
  type UpdateSettings,
} from '../optimizer/update-settings.ts';
import {
  badField,
  flagField,
  integerField,
  isRecord,
  nameField,
  numberField,
  sha256Field,
  textField,
} from './fields.ts';
import { versionOf } from './format-version.ts';

/**
 * Everything that decides the bits and sizes of a run's parameters besides the number of steps. Recorded in
 * config.json and in each checkpoint; a run goes on only with the same. Workers and steps are not part of it.
 */
export interface RunIdentity {
  readonly seed: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly optimizer: OptimizerSettings;
  /** Of the learning rate. */
  readonly schedule: ScheduleSettings;
  readonly update: UpdateSettings;
  readonly loss: ModelLoss;
  /** Whether each epoch has an order of its own. */
  readonly shuffle: boolean;
  /** What is made of examples before the model gets them; absent where nothing is. */
  readonly preparation?: Omit<Preparation, 'shape'>;
  readonly engine: string;
  readonly arithmetic: { readonly kernels: string; readonly multiplyAdd: string };
  readonly dataSha256: string;
  /** See modelSha256. */
  readonly modelSha256: string;
  readonly parameterCount: number;
  /** State arrays of the optimizer, each [parameterCount]. */
  readonly optimizerArrays: number;
}

/** What a file may claim. A training's memory (4 GiB) holds each of these arrays twice and more. */
const identityLimits = { parameterCount: 2 ** 28, optimizerArrays: 8 } as const;

/**
 * Refuses to go on with a run under settings that would change its bits.
 * @param recorded what the run was begun with
 * @param where the run or checkpoint, for the message
 * @throws GradpoolError that names each setting that differs
 */
export function checkResume(recorded: RunIdentity, wanted: RunIdentity, where: string): void {
  const was = shown(recorded);
  // Another optimizer has other settings, and other arrays of its own, as another schedule has: that is said once.
  const now = shown(wanted);
  const isOther = (name: string) => was[name] !== now[name];
  const differing = Object.entries(now).filter(
    ([name, value]) =>
      was[name] !== value &&
      !(isOther('`optimizer`') && isOfOptimizer(name)) &&
      !(isOther('`schedule`') && isOfSchedule(name)),
  );
  if (differing.length === 0) return;
  const list = differing.map(([name, value], index) =>
    index === 0
      ? `Expected ${name} to be ${was[name]} as in the run at ${where}, got ${value}`
      : `${name} to be ${was[name]}, got ${value}`,
  );
  const way = differing.some(([name]) => name === 'the arithmetic') ? 'with `allowArithmeticChange`, ' : '';
  throw inputError(
    `${list.join('; ')}; resume with the same settings, ${way}or begin a new run without \`resume\``,
  );
}

const isOfOptimizer = (name: string): boolean =>
  name === "the number of arrays of the optimizer's state" ||
  optimizerOptions.some((option) => name === `\`${option}\``);

const isOfSchedule = (name: string): boolean =>
  scheduleSettingNames.some((option) => name === `\`${option}\``);

/** By the words of whoever reads the message. */
const shown = (identity: RunIdentity): Record<string, string> => ({
  '`seed`': `${identity.seed}`,
  '`batchSize`': `${identity.batchSize}`,
  '`shards`': `${identity.shards}`,
  ...shownOptions(optionsOfOptimizer(identity.optimizer)),
  ...shownOptions(optionsOfSchedule(identity.schedule)),
  ...noUpdates,
  ...shownOptions(optionsOfUpdate(identity.update)),
  ...shownLoss(identity.loss),
  '`shuffle`': `${identity.shuffle}`,
  ...shownOptions({ ...noNormalization, ...optionsOfPreparation(identity.preparation) }),
  '`engine`': identity.engine,
  'the arithmetic': `${identity.arithmetic.kernels} with ${identity.arithmetic.multiplyAdd} multiply-add`,
  '`model`': `the one with SHA-256 ${identity.modelSha256}`,
  '`data`': `the set with SHA-256 ${identity.dataSha256}`,
  "the model's number of parameters": `${identity.parameterCount}`,
  "the number of arrays of the optimizer's state": `${identity.optimizerArrays}`,
});

/** So that it is named where one of two has none. */
const noNormalization = { normalizeMean: 'none', normalizeStd: 'none' };

const shownLoss = (loss: ModelLoss): Record<string, string> => ({
  '`labelSmoothing`': `${smoothingIn(loss)}`,
  ...('name' in loss
    ? { '`loss`': lossLabel(loss), "the loss's prediction": `the model's ${loss.of}` }
    : { '`loss`': loss.map((one) => `${one.weight} times ${lossLabel(one)}`).join(' and ') }),
});

const smoothingIn = (loss: ModelLoss): number =>
  Math.max(...[loss].flat().map((one) => (one.name === 'own' ? 0 : (one.smoothing ?? 0))));

const shownOptions = (options: object): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [`\`${name}\``, `${value}` || 'none']));

/** What is not in use is told as such. */
const noUpdates = Object.fromEntries(Object.keys(updateOptions).map((name) => [`\`${name}\``, 'none']));

/**
 * An identity out of a parsed file.
 * @throws GradpoolError that names the first field which is missing or of another kind
 */
export function parseIdentity(fields: Record<string, unknown>): RunIdentity {
  const arithmetic = fields.arithmetic;
  if (!isRecord(arithmetic)) throw badField('arithmetic', 'an object', arithmetic);
  return {
    seed: integerField(fields, 'seed', 0, Number.MAX_SAFE_INTEGER),
    batchSize: integerField(fields, 'batchSize', 1, Number.MAX_SAFE_INTEGER),
    shards: integerField(fields, 'shards', 1, Number.MAX_SAFE_INTEGER),
    ...(versionOf(fields) === 1 ? firstSettings(fields) : parseSettings(fields)),
    ...parsePreparation(fields.preparation),
    engine: textField(fields, 'engine'),
    arithmetic: {
      kernels: textField(arithmetic, 'kernels'),
      multiplyAdd: textField(arithmetic, 'multiplyAdd'),
    },
    dataSha256: sha256Field(fields, 'dataSha256'),
    modelSha256: sha256Field(fields, 'modelSha256'),
    parameterCount: integerField(fields, 'parameterCount', 0, identityLimits.parameterCount),
    optimizerArrays: integerField(fields, 'optimizerArrays', 0, identityLimits.optimizerArrays),
  };
}

type Settings = Pick<RunIdentity, 'optimizer' | 'schedule' | 'update' | 'loss' | 'shuffle'>;

/** Of format 1. */
function firstSettings(fields: Record<string, unknown>): Settings {
  const [learningRate, momentum] = [numberField(fields, 'learningRate'), numberField(fields, 'momentum')];
  return {
    optimizer:
      momentum === 0
        ? { name: 'sgd', learningRate }
        : { name: 'momentum', learningRate, momentum, nesterov: false },
    schedule: constantSchedule,
    update: plainUpdates,
    loss: { name: 'softmaxCrossEntropy', of: 'logits' },
    shuffle: true,
  };
}

function parseSettings(fields: Record<string, unknown>): Settings {
  const { optimizer, update, loss } = fields;
  if (!isRecord(optimizer)) throw badField('optimizer', 'an object', optimizer);
  return {
    optimizer: parseOptimizer(optimizer),
    // Runs that were begun before there were others.
    schedule: fields.schedule === undefined ? constantSchedule : parseSchedule(fields.schedule),
    update: update === undefined ? plainUpdates : parseUpdate(update),
    loss: Array.isArray(loss) ? loss.map(parseOutputLoss) : parseLoss(loss),
    shuffle: flagField(fields, 'shuffle'),
  };
}

/** Of a run that is older than preparations: nothing. */
function parsePreparation(given: unknown): Partial<Pick<RunIdentity, 'preparation'>> {
  if (given === undefined) return {};
  if (!isRecord(given)) throw badField('preparation', 'an object', given);
  const { augmentation = {}, normalization = {} } = given;
  if (!isRecord(augmentation)) throw badField('preparation.augmentation', 'an object', augmentation);
  if (!isRecord(normalization)) throw badField('preparation.normalization', 'an object', normalization);
  const { mean, std } = normalization;
  const options = { ...augmentation, normalizeMean: mean, normalizeStd: std };
  return { preparation: resolvePreparation(options as PreparationOptions) as Omit<Preparation, 'shape'> };
}

function parseLoss(loss: unknown): Loss {
  if (!isRecord(loss)) throw badField('loss', 'an object', loss);
  if (loss.name === 'own') return { name: 'own', of: 'output', function: parseOwn(loss.function) };
  return {
    name: nameField(loss, 'name', lossNames),
    of: nameField(loss, 'of', ['logits', 'output']),
    ...(loss.smoothing === undefined ? {} : { smoothing: numberField(loss, 'smoothing') }),
  };
}

function parseOwn(own: unknown): OwnFunction {
  if (!isRecord(own)) throw badField('loss.function', 'an object', own);
  return { module: textField(own, 'module'), name: textField(own, 'name') };
}

/** Of one of several outputs. */
const parseOutputLoss = (loss: unknown) => ({
  ...parseLoss(loss),
  weight: numberField(loss as Record<string, unknown>, 'weight'),
});

function parseSchedule(schedule: unknown): ScheduleSettings {
  if (!isRecord(schedule)) throw badField('schedule', 'an object', schedule);
  const { name: _, ...settings } = schedule;
  return resolveSchedule(nameField(schedule, 'name', scheduleNames), settings) as ScheduleSettings;
}

function parseOptimizer(fields: Record<string, unknown>): OptimizerSettings {
  const name = nameField(
    fields,
    'name',
    Object.keys(settingsOfOptimizers) as (keyof typeof settingsOfOptimizers)[],
  );
  const settings = settingsOfOptimizers[name].map((field) => [
    field,
    field === 'nesterov' ? flagField(fields, field) : numberField(fields, field),
  ]);
  return { name, ...Object.fromEntries(settings) };
}

function parseUpdate(update: unknown): UpdateSettings {
  if (!isRecord(update)) throw badField('update', 'an object', update);
  const { weightDecayExclude, clip, emaMomentum } = update;
  if (!Array.isArray(weightDecayExclude) || weightDecayExclude.length > decayExclusions.length)
    throw badField('update.weightDecayExclude', 'a list of names', weightDecayExclude);
  return {
    weightDecay: numberField(update, 'weightDecay'),
    weightDecayExclude: weightDecayExclude.map((_, index) =>
      nameField(weightDecayExclude as never, `${index}`, decayExclusions),
    ),
    accumulateSteps: integerField(update, 'accumulateSteps', 1, updateOptions.accumulateSteps.most),
    ...(clip === undefined ? {} : { clip: parseClipping(clip) }),
    ...(emaMomentum === undefined ? {} : { emaMomentum: numberField(update, 'emaMomentum') }),
  };
}

function parseClipping(clip: unknown): Clipping {
  if (!isRecord(clip)) throw badField('update.clip', 'an object', clip);
  return { by: nameField(clip, 'by', ['value', 'norm', 'globalNorm']), most: numberField(clip, 'most') };
}
