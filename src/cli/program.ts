import { Command } from 'commander';
import { defaults, limits } from '../config.ts';
import { engineChoices, simdChoices } from '../engine/engine.ts';
import { packageVersion } from '../package-version.ts';
import { decimalNumber, numberList, wholeNumber } from './options.ts';
import { printable } from './printable.ts';

/** The commands and their options. What an option may be is checked by the command, not here. */
export function createProgram(): Command {
  const program = new Command('gradpool')
    .description(
      'Trains TensorFlow.js models on every core of this machine, with the same bits for any number of workers.',
    )
    .version(packageVersion)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${printable(text.trim().replaceAll('\n', ' '))}\n`),
    })
    .addHelpText('after', examples);
  addTrain(program);
  addEvaluate(program);
  addPredict(program);
  return program;
}

const examples = `
Without a command it trains: on MNIST, with the network of TensorFlow's tutorial.

Examples:
  $ gradpool train --workers 8
  $ gradpool train --data my-images --model my-model.js --epochs 5 --run runs/mine
  $ gradpool train --run runs/mine --resume --steps 5000
  $ gradpool evaluate --run runs/mine
  $ gradpool predict --run runs/mine digit.png
  $ gradpool predict --index 0,1,2 --json`;

function addTrain(program: Command): void {
  const command = program.command('train').description('train a model and evaluate it (the default command)');
  computing(command)
    .option(
      '--batch-size <n>',
      withDefault('examples of one step, all workers together', defaults.batchSize),
      wholeNumber,
    )
    .option('--steps <n>', 'steps in all; of a resumed run, those before included', wholeNumber)
    .option(
      '--epochs <n>',
      withDefault('passes over the training set, without --steps', defaults.epochs),
      wholeNumber,
    )
    .option('--learning-rate <x>', withDefault('of SGD', defaults.learningRate), decimalNumber)
    .option('--momentum <x>', withDefault('of SGD; 0 is plain SGD', defaults.momentum), decimalNumber)
    .option('--seed <n>', withDefault('of initial values, order and dropout', defaults.seed), wholeNumber)
    .option('--shards <n>', withDefault('parts that a batch is cut into', defaults.shards), wholeNumber)
    .option(
      '--model <file>',
      'a model.json, or a module whose function returns a layers model (default: the network of the MNIST tutorial)',
    )
    .option('--data <dir>', "a directory with MNIST's four files, of any data (default: MNIST)")
    .option(
      '--run <dir>',
      'directory for configuration, metrics and checkpoints (default: a new one under runs/)',
    )
    .option(
      '--resume',
      'go on from the newest whole checkpoint of --run (default: of the newest run under runs/)',
    )
    .option(
      '--allow-arithmetic-change',
      'with --resume: go on although the kernels round otherwise than those that the run was begun with',
    )
    .option(
      '--save-every <n>',
      withDefault('steps between checkpoints; 0: only at the end', defaults.saveEvery),
      wholeNumber,
    )
    .option(
      '--eval-every <n>',
      withDefault('steps between evaluations; 0: only at the end', defaults.evalEvery),
      wholeNumber,
    )
    .option(
      '--log-every <n>',
      withDefault('steps between reports of the loss', defaults.logEvery),
      wholeNumber,
    )
    .option(
      '--max-restarts <n>',
      withDefault(
        'how often in a row a worker that fails without doing a task is started again',
        defaults.maxRestarts,
      ),
      wholeNumber,
    )
    .option(
      '--step-timeout <n>',
      withDefault('seconds after which a worker counts as hung, at most', defaults.stepTimeout),
      wholeNumber,
    )
    .option(
      '--on-save-error <what>',
      withDefault('when the disk refuses a checkpoint: stop or continue', defaults.onSaveError),
    )
    .option(
      '--on-nan <what>',
      withDefault(
        'when a loss or gradient is not finite, also when computed again: stop or skip',
        defaults.onNan,
      ),
    )
    .option('--log-probabilities', "print the batch's probabilities with each report")
    .option(
      '--profile <file>',
      "write where the time of the last 20 steps went, in Chrome's trace format (ui.perfetto.dev shows it)",
    );
  verbose(command).action(async (options) => {
    process.exitCode = await (await import('./train.ts')).trainCommand(options);
  });
}

function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('accuracy and loss of a trained model on the test set');
  trained(computing(command)).option('--json', 'print one line of JSON');
  verbose(command).action(async (options) => {
    process.exitCode = await (await import('./evaluate.ts')).evaluateCommand(options);
  });
}

function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .description('classes and probabilities of images')
    .argument('[files...]', 'PNG images, or IDX files of images');
  trained(computing(command))
    .option('--index <list>', 'test images by their index from 0, e.g. 0,5,17; may be repeated', numberList)
    .option('--top <n>', withDefault('classes to show in the table', 3), wholeNumber)
    .option('--json', 'print a line of JSON for each image, with all probabilities')
    .option('--strict', 'refuse images that would have to be converted')
    .option('--invert', 'make bright what is dark in PNG images: for dark ink on paper');
  verbose(command).action(async (files, options) => {
    process.exitCode = await (await import('./predict.ts')).predictCommand(files, options);
  });
}

const computing = (command: Command): Command =>
  command
    .option('--workers <n>', `threads, 1 to ${limits.workers} (default: one a core)`, wholeNumber)
    .option('--engine <name>', withDefault(engineChoices.join(' or '), defaults.engine))
    .option(
      '--layers <file>',
      "a module that registers layers of the model's own; each worker loads it (engine tensorflow)",
    )
    .option('--simd <name>', withDefault(`build of the kernels: ${simdChoices.join(', ')}`, defaults.simd));

const trained = (command: Command): Command =>
  command
    .option('--run <dir>', 'a run, or one checkpoint of it (default: the newest run under runs/)')
    .option('--model <file>', 'a model.json with weights, instead of a run')
    .option('--data <dir>', "a directory with MNIST's four files, of any data (default: MNIST)");

const verbose = (command: Command): Command =>
  command.option('--verbose', 'say more; with an error, where it came from and its causes');

const withDefault = (text: string, value: number | string): string => `${text} (default: ${value})`;
