import type { Command } from 'commander';
import { engineChoices } from '../engine/engine.ts';
import { dataForms, dataOptions, readingOptions } from './typed/data-options.ts';
import { addTrainOption, groups, layers, listening, under, verbose } from './typed/options.ts';
import { asGiven, decimalNumber, numberList, wholeNumber, withDefault } from './typed/parse.ts';
import { rangeDefaults, rangeOptions } from './typed/range-options.ts';

/** The commands that look at runs, and those that measure. */
export function addLooking(program: Command): void {
  addReport(program);
  addServe(program);
  addExport(program);
  addRuns(program);
  addData(program);
  addLrFind(program);
  addVerify(program);
  addBenchmark(program);
}

const otherData = "the data set to classify, instead of the run's own";

function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('write what runs came to as one HTML file: curves, workers, mistakes, norms, settings')
    .argument('<runs...>', 'run directories, drawn over one another')
    .option('--out <file>', 'the file to write (default: report.html in the first run)')
    .option('--no-evaluation', 'leave out what takes time: confusion matrix and mistakes on the test set');
  addTrainOption(command, 'workers');
  dataOptions(command, otherData);
  verbose(command).action(async (runs, options) => {
    process.exitCode = await (await import('./pages/report-command.ts')).reportCommand(runs, options);
  });
}

function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description("show a run's page while it is trained, with a pad on which to draw a digit")
    .argument('[run]', 'a run (default: the newest one under runs/)');
  dataOptions(command, otherData);
  addTrainOption(command, 'workers');
  verbose(listening(command)).action(async (run, options) => {
    await (await import('./pages/serve-command.ts')).serveCommand(run, options);
  });
}

function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained model in a format that other tools open')
    .argument(
      '[model]',
      'a run, a checkpoint of it, or a model file as --model takes it (default: the newest run under runs/)',
    )
    .option(
      '--format <name>',
      'tfjs (TensorFlow.js layers format, a directory), keras (Keras 3), safetensors, onnx (opset 20)',
      asGiven,
    )
    .option('--out <path>', 'where to write it (default: model.ENDING in the run, or beside the file)');
  verbose(layers(command)).action(async (model, options) => {
    process.exitCode = await (await import('./export.ts')).exportCommand(model, options);
  });
}

function addRuns(program: Command): void {
  const json = ['--json', 'print JSON'] as const;
  verbose(
    program
      .command('runs')
      .description('the runs under a directory: state, step, loss, accuracy, duration, engine')
      .argument('[dir]', 'where they lie (default: runs)')
      .option('--json', 'print a line of JSON for each run'),
  ).action(async (directory, options) => {
    process.exitCode = await (await import('./runs/runs-command.ts')).runsCommand(directory, options);
  });
  verbose(
    program
      .command('compare')
      .description('what differs between two runs: settings and results')
      .argument('<run>')
      .argument('<other>')
      .option(...json),
  ).action(async (run, other, options) => {
    process.exitCode = await (await import('./runs/compare-command.ts')).compareCommand(run, other, options);
  });
  const inspect = program
    .command('inspect')
    .description('what a saved model is made of: layers, shapes, sizes, norms, hashes')
    .argument('<checkpoint>', 'a run, a checkpoint of it, or a model.json')
    .option(...json);
  verbose(layers(inspect)).action(async (path, options) => {
    process.exitCode = await (await import('./runs/inspect-command.ts')).inspectCommand(path, options);
  });
}

function addData(program: Command): void {
  const command = program
    .command('data')
    .description('what is understood of data: form, counts, classes, values, and what is probably not meant')
    .argument('[path]', `${dataForms} (default: MNIST)`);
  readingOptions(command)
    .option('--grid <file>', 'a PNG file to write: a row of examples for each class')
    .option('--json', 'print one line of JSON');
  verbose(command).action(async (path, options) => {
    process.exitCode = await (await import('./measure/data-command.ts')).dataCommand(path, options);
  });
}

function addLrFind(program: Command): void {
  const command = program
    .command('lr-find')
    .description(
      'train a few steps while the learning rate grows, and suggest one: a range test, with a plot',
    );
  under(command, 'from').option(
    '--model <file>',
    'as for train (default: the network of the MNIST tutorial)',
  );
  dataOptions(command, 'as for train (default: MNIST)');
  under(command, 'training')
    .option('--start <x>', withDefault('learning rate of the first step', rangeDefaults.start), decimalNumber)
    .option('--end <x>', withDefault('that of the last one', rangeDefaults.end), decimalNumber);
  addTrainOption(command, 'steps', {
    ...{ default: rangeDefaults.steps, help: 'steps from one to the other, fewer where the loss diverges' },
  });
  for (const name of rangeOptions) addTrainOption(command, name);
  under(layers(command), 'told')
    .option('--out <file>', withDefault('an SVG file to write, of losses by rates', rangeDefaults.out))
    .option('--json', 'print one line of JSON');
  verbose(command).action(async (options) => {
    process.exitCode = await (await import('./measure/lr-find-command.ts')).lrFindCommand(options);
  });
}

function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description(
      'train some steps with several numbers of workers, and with one that ends: the bits are the same',
    );
  measured(command, '1,2,4,8');
  addTrainOption(command, 'steps', { default: 20, help: 'steps of each training' });
  verbose(layers(command).option('--json', 'print one line of JSON')).action(async (options) => {
    process.exitCode = await (await import('./measure/verify-command.ts')).verifyCommand(options);
  });
}

function addBenchmark(program: Command): void {
  const command = program
    .command('benchmark')
    .description('how fast a training is with several numbers of workers, in interleaved rounds');
  measured(command, '1,2,4,8', ['engine'])
    .optionsGroup(groups.computing)
    .option(
      '--engine <name>',
      withDefault(`${engineChoices.join(', ')}, or all: those that compute the model but reference`, 'auto'),
      asGiven,
    );
  under(command, 'told')
    .option('--rounds <n>', withDefault('in each of which each number has its turn', 9), wholeNumber)
    .option('--seconds <x>', withDefault('of a turn', 1), decimalNumber)
    .option(
      '--out <path>',
      withDefault('where the results go: PATH.json, PATH.csv and PATH.svg, a plot', 'benchmark'),
    )
    .option('--json', 'print one line of JSON');
  verbose(layers(command)).action(async (options) => {
    process.exitCode = await (await import('./measure/benchmark-command.ts')).benchmarkCommand(options);
  });
}

/** A training that is made several times. */
function measured(command: Command, workers: string, without: readonly string[] = []): Command {
  for (const name of measuredOptions) if (!without.includes(name)) addTrainOption(command, name);
  under(command, 'computing').option(
    '--workers <list>',
    withDefault('numbers of workers', workers),
    numberList,
  );
  under(command, 'from').option(
    '--model <file>',
    'as for train (default: the network of the MNIST tutorial)',
  );
  return dataOptions(command, 'as for train (default: MNIST)');
}

const measuredOptions = [
  ...([
    'batchSize',
    'loss',
    'seed',
    'optimizer',
    'learningRate',
    'momentum',
    'shards',
    'engine',
    'simd',
  ] as const),
];
