import { Command } from 'commander';
import { ownGanOptions, updatesOfGan } from '../config/gan-options.ts';
import type { Option } from '../config/option.ts';
import { type TrainOptions, trainOptions } from '../config/train-options.ts';
import { ganPresets } from '../model/gan/preset-names.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { addLooking } from './looking.ts';
import { printable } from './print/printable.ts';
import { addStarting } from './start/starting.ts';
import { dataForms, dataOptions } from './typed/data-options.ts';
import {
  addOption,
  addTrainOption,
  computing,
  configFile,
  groups,
  layers,
  listening,
  trained,
  under,
  verbose,
} from './typed/options.ts';
import { asGiven, numberList, repeated, wholeNumber, withDefault } from './typed/parse.ts';

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
  addGan(program);
  addSample(program);
  addLooking(program);
  addStarting(program);
  return program;
}

const examples = `
Without a command it trains: MNIST, with the network of TensorFlow's tutorial.

Examples:
  $ gradpool train --workers 8
  $ gradpool train --data my-images --model my-model.js --epochs 5 --run runs/my
  $ gradpool init my-project
  $ gradpool train --config my-project/train.yaml --workers 8
  $ gradpool train --run runs/mine --resume --steps 5000
  $ gradpool evaluate --run runs/mine
  $ gradpool predict --run runs/mine digit.png
  $ gradpool report runs/mine runs/other --out report.html
  $ gradpool serve runs/mine
  $ gradpool predict --index 0,1,2 --json
  $ gradpool runs
  $ gradpool compare runs/0001 runs/0002
  $ gradpool inspect runs/0001
  $ gradpool verify --workers 1,2,8
  $ gradpool gan --steps 2000
  $ gradpool sample --count 64 --seed 7 digits.png`;

const profileHelp =
  "write where the time of the last 20 steps went, in Chrome's trace format (ui.perfetto.dev shows it)";

const dataFromHelp = withDefault(
  'under mpirun: own reads the data on each rank, rank0 sends them from the first one',
  'own',
);

function addTrain(program: Command): void {
  const command = program.command('train').description('train a model and evaluate it (the default command)');
  under(command, 'from').option(
    '--model <file>',
    'a model.json, a .keras, .h5, .onnx or .safetensors file, or a module whose function returns a layers model (default: the network of the MNIST tutorial)',
  );
  dataOptions(command, `${dataForms} (default: MNIST)`)
    .option('--stream', 'read images by class as they are trained on: they may be larger than the memory')
    .option('--data-from <whom>', dataFromHelp)
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
    );
  configFile(command).option(
    '--dry-run',
    'check and show all but the training, with an estimate of its time; write nothing',
  );
  for (const name of Object.keys(trainOptions)) addTrainOption(command, name as keyof TrainOptions);
  under(layers(command), 'told').option(
    '--class-report',
    'print after the last evaluation how well each class is told, and the confusion matrix',
  );
  telling(command)
    .option('--log-probabilities', "print the batch's probabilities with each report")
    .option('--profile <file>', profileHelp);
  under(command, 'page').option(
    '--serve',
    "show the run's page while it is trained, and afterwards until Ctrl-C",
  );
  verbose(listening(command)).action(async (options) => {
    process.exitCode = await (await import('./train.ts')).trainCommand(options);
  });
}

/** To whom and how a training is told. */
const telling = (command: Command): Command =>
  command
    .option('--json', 'print a line of JSON for each event, the result last')
    .option('--quiet', 'print the result alone; what goes wrong is said all the same')
    .option('--observer <file>', 'a module whose function is told every event; may be repeated', repeated);

function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('how well a trained model does on the test set: accuracy, loss, each class');
  addTrainOption(command, 'metrics');
  under(trained(computing(command)), 'told')
    .option('--json', 'print one line of JSON')
    .option('--quiet', 'print accuracy and loss alone')
    .option(
      '--class-report',
      'print how well each class is told, and the confusion matrix (default: on a terminal)',
    );
  verbose(command).action(async (options) => {
    process.exitCode = await (await import('./evaluate.ts')).evaluateCommand(options);
  });
}

function addPredict(program: Command): void {
  const command = program
    .command('predict')
    .description('classes and probabilities of images, rows of a table, and other examples')
    .argument(
      '[files...]',
      'PNG and JPEG images, IDX and NPY files of examples, tables in CSV and Parquet; - reads one from standard input',
    );
  under(trained(computing(command)), 'told')
    .option('--index <list>', 'test images by their index from 0, e.g. 0,5,17; may be repeated', numberList)
    .option('--top <n>', withDefault('classes to show in the table', 3), wholeNumber)
    .option(
      '--format <name>',
      withDefault('table, json (a line each) or csv, with all probabilities', 'table'),
      asGiven,
    )
    .option('--json', 'the same as --format json')
    .option('--watch <dir>', 'predict each file there, and what comes there, until Ctrl-C')
    .option('--strict', 'refuse images that would have to be converted')
    .option('--invert', 'make bright what is dark in images: for dark ink on paper');
  verbose(command).action(async (files, options) => {
    process.exitCode = await (await import('./predict.ts')).predictCommand(files, options);
  });
}

function addGan(program: Command): void {
  const command = program
    .command('gan')
    .description('train two networks against each other: one makes digits out of noise');
  under(command, 'from')
    .option('--preset <name>', withDefault(`the two networks (${ganPresets.join(', ')})`, 'dcgan'), asGiven)
    .option('--generator <file>', 'a model.json or module, as train --model takes them, instead of a preset')
    .option('--discriminator <file>', 'the same, of one output: a logit');
  for (const [name, other] of ganTrainOptions) addTrainOption(command, name, other);
  under(command, 'training');
  for (const [name, option] of Object.entries(ownGanOptions)) addOption(command, name, option);
  dataOptions(under(command, 'from'), `the images to learn from: ${dataForms} (default: MNIST)`)
    .option('--data-from <whom>', dataFromHelp)
    .option('--run <dir>', 'directory for all that is written (default: a new one under runs/)')
    .option(
      '--resume',
      'go on from the newest step of --run that both networks have whole (default: of the newest GAN under runs/)',
    )
    .option(
      '--allow-arithmetic-change',
      'with --resume: go on although the kernels round otherwise than those that the run was begun with',
    );
  configFile(command).optionsGroup(groups.told);
  telling(command).option('--profile <file>', profileHelp);
  verbose(command).action(async (options) => {
    process.exitCode = await (await import('./gan.ts')).ganCommand(options);
  });
}

/** What means the same as in a training, with a GAN's defaults. */
const ganTrainOptions: readonly [keyof TrainOptions, Partial<Pick<Option, 'help' | 'default'>>?][] = [
  ['workers'],
  ['batchSize', { default: 64, help: 'real examples of one step, and as many generated ones' }],
  ['steps', { default: 3000 }],
  ['learningRate', { default: 0.0002, help: 'of Adam, for both' }],
  ['beta1', { default: 0.5, help: "decay of the gradient's mean, for both" }],
  ['seed', { help: 'of initial values, noise, order and dropout' }],
  ...(['shards', 'engine', 'simd', 'saveEvery', 'logEvery', 'maxRestarts', 'stepTimeout'] as const).map(
    (name) => [name] as const satisfies [keyof TrainOptions],
  ),
  ['onNan'],
  ['exchange'],
  ...updatesOfGan.map((name): [keyof TrainOptions] => [name]),
];

function addSample(program: Command): void {
  const command = program
    .command('sample')
    .description("pictures that a GAN's generator makes of noise")
    .argument(
      '<output>',
      'a PNG file (a grid), a directory/ (a PNG each), an IDX file (.idx or -idx3-ubyte) or, with --interpolate, a GIF',
    )
    .option('--run <dir>', "a GAN's run (default: the newest one under runs/)")
    .option('--count <n>', withDefault('how many', 64), wholeNumber)
    .option('--seed <n>', withDefault('of the noise', 1), wholeNumber)
    .option('--interpolate <seed>', 'from the noise of --seed to that of this one and back', wholeNumber);
  for (const name of ['workers', 'engine', 'simd'] as const) addTrainOption(command, name);
  verbose(command).action(async (output, options) => {
    process.exitCode = await (await import('./sample.ts')).sampleCommand(output, options);
  });
}
