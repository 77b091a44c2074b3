/** The options that commands share, and how they are grouped in their help. */
import { type Command, Option as CommandOption } from 'commander';
import type { Option } from '../../config/option.ts';
import { type TrainOptions, trainOptions } from '../../config/train-options.ts';
import { usageError } from '../../errors.ts';
import { asCode } from '../../shown.ts';
import { optionFlag } from '../print/option-names.ts';
import { dataForms, dataOptions } from './data-options.ts';
import { describeOption } from './option-kinds.ts';
import {
  asGiven,
  decimalList,
  decimalNumber,
  nameList,
  numberList,
  wholeNumber,
  withDefault,
} from './parse.ts';

/** Headings of the help. */
export const groups = {
  from: 'Data, model and run:',
  training: 'Training:',
  optimizer: 'Optimizer:',
  schedule: 'Learning-rate schedule:',
  examples: 'What is made of examples:',
  computing: 'Where and how it computes:',
  saving: 'Saving and measuring on the way:',
  told: 'What is told:',
  page: 'Its page:',
} as const;
export type Group = keyof typeof groups;

/** What is added from here on stands under that heading. */
export const under = (command: Command, group: Group): Command => command.optionsGroup(groups[group]);

const groupsOfOptions: Readonly<Record<keyof TrainOptions, Group>> = {
  ...{ batchSize: 'training', epochs: 'training', steps: 'training', loss: 'training', seed: 'training' },
  labelSmoothing: 'training',
  ...{ optimizer: 'optimizer', learningRate: 'optimizer', momentum: 'optimizer', nesterov: 'optimizer' },
  ...{ beta1: 'optimizer', beta2: 'optimizer', epsilon: 'optimizer', decay: 'optimizer' },
  ...{ initialAccumulatorValue: 'optimizer', rho: 'optimizer' },
  ...{ weightDecay: 'optimizer', weightDecayExclude: 'optimizer', accumulateSteps: 'optimizer' },
  ...{ clipValue: 'optimizer', clipNorm: 'optimizer', globalClipNorm: 'optimizer', emaMomentum: 'optimizer' },
  ...{ schedule: 'schedule', warmupSteps: 'schedule', warmupLearningRate: 'schedule' },
  ...{ decaySteps: 'schedule', decayRate: 'schedule', milestones: 'schedule', endLearningRate: 'schedule' },
  ...{ power: 'schedule', periodMultiplier: 'schedule', peakMultiplier: 'schedule', pctStart: 'schedule' },
  ...{ divFactor: 'schedule', finalDivFactor: 'schedule', plateauPatience: 'schedule', cooldown: 'schedule' },
  ...{ randomShift: 'examples', randomFlip: 'examples', randomRotation: 'examples', randomCrop: 'examples' },
  ...{ cutout: 'examples', fillMode: 'examples', normalize: 'examples', normalizeMean: 'examples' },
  normalizeStd: 'examples',
  ...{ workers: 'computing', shards: 'computing', engine: 'computing', simd: 'computing' },
  ...{ maxRestarts: 'computing', stepTimeout: 'computing', exchange: 'computing' },
  ...{ saveEvery: 'saving', evalEvery: 'saving', onSaveError: 'saving', onNan: 'saving' },
  ...{ metrics: 'saving', logEvery: 'saving', tensorboard: 'saving', evalEveryEpochs: 'saving' },
  ...{ monitor: 'saving', mode: 'saving', minDelta: 'saving', patience: 'saving' },
  ...{ keep: 'saving', keepBest: 'saving', validationSplit: 'from', overfit: 'from' },
};

/** An option of a training, as the table of all of them describes it. */
export function addTrainOption(
  command: Command,
  name: keyof TrainOptions,
  other: Partial<Pick<Option, 'help' | 'default'>> = {},
): void {
  under(command, groupsOfOptions[name]);
  addOption(command, name, { ...trainOptions[name], ...other });
}

/** Under the heading of now. */
export function addOption(command: Command, name: string, option: Option): void {
  const flag = optionFlag(name);
  const said = option.help.replace(/`(\w+)`/g, (_, named: string) => optionFlag(named));
  const help = 'names' in option ? `${said} (${option.names.join(', ')})` : said;
  const text = option.default === undefined ? help : withDefault(help, option.default);
  const { placeholder, parse } = typed[option.type];
  const made = new CommandOption(placeholder === undefined ? flag : `${flag} ${placeholder}`, text);
  const isDecimal = option.type === 'list' && option.of === 'number';
  if (placeholder !== undefined) made.argParser((isDecimal ? decimalList : parse) as never);
  describeOption(made, option);
  command.addOption(made);
}

/** How an option of each type is typed. */
const typed: Readonly<
  Record<
    Option['type'],
    {
      readonly placeholder?: string;
      readonly parse: (text: string, before?: string[]) => number | string | (number | string)[];
    }
  >
> = {
  integer: { placeholder: '<n>', parse: wholeNumber },
  list: { placeholder: '<list>', parse: numberList },
  number: { placeholder: '<x>', parse: decimalNumber },
  name: { placeholder: '<name>', parse: asGiven },
  names: { placeholder: '<names>', parse: nameList },
  text: { placeholder: '<name>', parse: asGiven },
  flag: { parse: asGiven },
};

/** From where a command's options may come besides. */
export const configFile = (command: Command): Command =>
  under(command, 'from').option(
    '--config <file>',
    'options by their names, like batchSize: 32, in YAML or JSON; paths are from where the file lies, and what is typed goes before it',
    once,
  );

function once(file: string, before: string | undefined): string {
  if (before === undefined) return file;
  throw usageError(
    `Expected \`--config\` once, got ${asCode(before)} and ${asCode(file)}; put all into one file`,
  );
}

/** Where a trained model computes. */
export function computing(command: Command): Command {
  for (const name of ['workers', 'engine', 'simd'] as const) addTrainOption(command, name);
  return layers(command);
}

export const layers = (command: Command): Command =>
  under(command, 'computing').option(
    '--layers <file>',
    "a module that registers layers of the model's own; each worker loads it (engine tensorflow)",
  );

/** Which trained model, and on which data. */
export const trained = (command: Command): Command =>
  dataOptions(
    under(command, 'from')
      .option('--run <dir>', 'a run, or one checkpoint of it (default: the newest run under runs/)')
      .option('--model <file>', 'a model file with weights, as for train, instead of a run'),
    `${dataForms} (default: the run's own, else MNIST)`,
  );

/** Where a page is served. */
export const listening = (command: Command): Command =>
  under(command, 'page')
    .option('--port <n>', withDefault('of the page; 0: any that is free', 8080), wholeNumber)
    .option(
      '--host <address>',
      withDefault('of the page; another one can be reached from outside', '127.0.0.1'),
      asGiven,
    );

export const verbose = (command: Command): Command =>
  under(command, 'told').option('--verbose', 'say more; with an error, where it came from and its causes');
