import { availableParallelism, cpus } from 'node:os';
import { measureScaling } from '../../benchmark/scaling.ts';
import { integer } from '../../check.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { EngineName } from '../../engine/engine.ts';
import { messageOf, usageError } from '../../errors.ts';
import { replaceFile, tryOutput } from '../../files/atomic-file.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import { prepareTensorflowEnvironment } from '../../runtime/tensorflow-environment.ts';
import { tensorflowMissing } from '../../runtime/tensorflow-package.ts';
import { chooseEngine } from '../../worker/engines/choose-engine.ts';
import { notice, print } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { statusLine } from '../print/status-line.ts';
import { type Described, type DescribedOptions, describe } from './described.ts';
import { scalingPlot } from './scaling-plot.ts';
import { scalingCsv, scalingRows, scalingTable } from './scaling-report.ts';

export interface BenchmarkCommandOptions extends Omit<DescribedOptions, 'engine'> {
  readonly engine?: DescribedOptions['engine'] | 'all';
  readonly rounds?: number;
  readonly seconds?: number;
  /** Where results are written, without ending. */
  readonly out?: string;
}

/** Measures a training with several numbers of workers. @returns the exit code */
export async function benchmarkCommand({
  rounds = 9,
  seconds = 1,
  out = 'benchmark',
  engine = 'auto',
  ...options
}: BenchmarkCommandOptions): Promise<number> {
  integer('rounds', rounds, 1, 1000);
  if (!(typeof seconds === 'number' && seconds > 0 && seconds <= 3600))
    throw usageError(`Expected \`seconds\` to be a number above 0 and up to 3600, got \`${seconds}\``);
  const endings = ['json', 'csv', 'svg'] as const;
  for (const ending of endings) await tryOutput(`${out}.${ending}`);
  const described = await describe({ ...options, ...(engine === 'all' ? {} : { engine }) }, [1, 2, 4, 8], 1);
  const { config, name, model, train } = described;
  const { steps: _, optimizer, schedule, ...settings } = config;
  const workerCounts = described.workerCounts.toSorted((a, b) => a - b);
  const engines = enginesOf(engine, described);
  if (engines.includes('tensorflow')) prepareTensorflowEnvironment();
  const scaling = await measureScaling({
    ...{ model, train: train as Dataset, engines, workerCounts, rounds, seconds },
    settings: { ...settings, ...optionsOf(options) },
    onProgress: (text) => statusLine.show(text),
  });
  statusLine.clear();
  const rows = scalingRows(scaling);
  const conditions = {
    ...{ gradpool: packageVersion, node: process.version, cores: availableParallelism() },
    ...{ processor: cpus()[0]?.model ?? 'unknown', training: name },
    ...{ batchSize: config.batchSize, shards: config.shards, rounds, seconds },
  };
  const written = await writeAll(out, {
    json: async () => `${JSON.stringify({ ...conditions, rows, ...scaling }, null, 2)}\n`,
    csv: async () => scalingCsv(scaling),
    svg: () => scalingPlot(rows, `${name}, batches of ${config.batchSize}`),
  });
  if (options.json === true) {
    print(JSON.stringify({ ...conditions, rows }));
    return 0;
  }
  print(
    `${printable(name)}, batches of ${config.batchSize} in ${config.shards} shards; ${conditions.processor.trim()}, ${conditions.cores} cores, Node.js ${process.version}; ${rounds} interleaved rounds of ${seconds} s, medians (least to most)`,
  );
  for (const line of scalingTable(rows)) print(line);
  print(`written: ${written.join(', ')}`);
  return 0;
}

/** An optimizer's settings as they were typed. */
const optionsOf = ({ optimizer, learningRate, momentum }: Omit<DescribedOptions, 'engine'>) =>
  Object.fromEntries(
    Object.entries({ optimizer, learningRate, momentum }).filter(([, value]) => value !== undefined),
  );

/** All that can be had here, but the slow reference. */
function enginesOf(engine: BenchmarkCommandOptions['engine'], { model }: Described): EngineName[] {
  if (engine !== 'all') return [chooseEngine(engine ?? 'auto', model.network).engine];
  const engines: EngineName[] = [];
  const { engine: own, reason } = chooseEngine('auto', model.network);
  if (own === 'wasm') engines.push('wasm');
  else notice(`wasm is left out${reason === undefined ? '' : `: ${reason}`}`);
  const missing = tensorflowMissing();
  if (missing === undefined) engines.push('tensorflow');
  else notice(`tensorflow is left out: ${missing}`);
  return engines;
}

/** What cannot be made is said, and the rest is written. @returns the paths */
async function writeAll(
  out: string,
  texts: Readonly<Record<string, () => Promise<string>>>,
): Promise<string[]> {
  const written: string[] = [];
  for (const [ending, text] of Object.entries(texts)) {
    const path = `${out}.${ending}`;
    try {
      await replaceFile(path, new TextEncoder().encode(await text()));
      written.push(printable(path));
    } catch (error) {
      notice(`${path} is not written: ${messageOf(error)}`);
    }
  }
  return written;
}
