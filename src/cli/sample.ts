import { join } from 'node:path';
import { endsInTanh, made, noiseOf } from '../api/gan.ts';
import { integer } from '../check.ts';
import { resolveConfig } from '../config/config.ts';
import type { TrainOptions } from '../config/train-options.ts';
import { usageError } from '../errors.ts';
import { isDirectory, makeDirectories, replaceFile, tryReplacing } from '../files/atomic-file.ts';
import { encodeGif } from '../formats/gif/gif.ts';
import { idxBytes } from '../formats/idx/write-idx.ts';
import { bytesOf, gridOf } from '../formats/picture.ts';
import { encodePng } from '../formats/png/write-png.ts';
import { latestGanRun, readGanRecord } from '../run/gan-run.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { counted } from '../shown.ts';
import { loadCheckpoint } from './load/loaders.ts';
import { notice, print } from './print/output.ts';

export interface SampleCommandOptions extends Pick<TrainOptions, 'workers' | 'engine' | 'simd'> {
  readonly run?: string;
  readonly count?: number;
  readonly seed?: number;
  readonly interpolate?: number;
  readonly verbose?: boolean;
}

/** Writes examples that a GAN's generator makes of noise. @returns the exit code */
export async function sampleCommand(output: string, options: SampleCommandOptions): Promise<number> {
  const { run, count = 64, seed = 1, interpolate, workers, engine, simd } = options;
  integer('count', count, 1, mostExamples);
  integer('seed', seed, 0);
  if (interpolate !== undefined) integer('interpolate', interpolate, 0);
  const computing = Object.fromEntries(
    Object.entries({ workers, engine, simd }).filter(([, value]) => value !== undefined),
  );
  resolveConfig(computing);
  const kind = await kindOf(output, interpolate);
  if (kind !== 'directory') await tryReplacing(output);
  const directory = run ?? (await latestGanRun());
  await readGanRecord(directory);
  const { path, model, passedOver } = await loadCheckpoint(join(directory, 'generator'));
  for (const broken of passedOver) notice(`passed over ${broken.path}: ${broken.reason}`);
  const begin = noiseOf(model, count, seed);
  const noise = interpolate === undefined ? begin : between(begin, noiseOf(model, count, interpolate));
  const values = await made(model, noise, computing);
  const images = endsInTanh(model.network) ? values.map((value) => (value + 1) / 2) : values;
  await write[kind](output, images, model.network.output);
  print(`${output}: ${counted(count, 'example')} of ${path}`);
  return 0;
}

/** More would not fit into one picture that programs open. */
const mostExamples = 100_000;

type Kind = 'picture' | 'idx' | 'directory' | 'animation';

/** By the output's name; what exists as a directory is one. */
async function kindOf(output: string, interpolate: number | undefined): Promise<Kind> {
  const name = output.toLowerCase();
  const isGif = name.endsWith('.gif');
  if (isGif !== (interpolate !== undefined))
    throw usageError(
      isGif
        ? 'Expected `interpolate` with the seed to go to, for a GIF; got none'
        : `Expected a GIF's name, which \`interpolate\` writes, got ${output}`,
    );
  if (isGif) return 'animation';
  if (name.endsWith('/') || (await isDirectory(output))) return 'directory';
  if (name.endsWith('.png')) return 'picture';
  if (/[-.]idx\d-ubyte$|\.idx$/.test(name)) return 'idx';
  throw usageError(
    `Expected a file's name that ends in .png, .idx, -idx3-ubyte or .gif, or a directory's, that ends in /, got ${output}`,
  );
}

type Write = (output: string, images: Float32Array, shape: Shape) => Promise<void>;

const write: Readonly<Record<Kind, Write>> = {
  picture: (output, images, shape) => replaceFile(output, encodePng(gridOf(images, shape))),
  async idx(output, images, shape) {
    const sizes = shape.length === 3 && shape[2] === 1 ? shape.slice(0, 2) : shape;
    await replaceFile(output, idxBytes([images.length / sizeOf(shape), ...sizes], bytesOf(images)));
  },
  async directory(output, images, shape) {
    await makeDirectories(output);
    const size = sizeOf(shape);
    for (let index = 0; index * size < images.length; index++) {
      const picture = gridOf(images.subarray(index * size, (index + 1) * size), shape);
      await replaceFile(join(output, `${String(index).padStart(5, '0')}.png`), encodePng(picture));
    }
  },
  async animation(output, images, shape) {
    const size = images.length / frames;
    const there = Array.from({ length: frames }, (_, frame) =>
      gridOf(images.subarray(frame * size, (frame + 1) * size), shape),
    );
    const back = there.slice(1, -1).reverse();
    await replaceFile(output, encodeGif([...there, ...back], frameMilliseconds));
  },
};

/** From one seed to the other. */
const frames = 24;
const frameMilliseconds = 80;

/** [frames, ...noise] on a quarter of a circle, where noise of one deviation keeps it. */
function between(from: Float32Array, to: Float32Array): Float32Array {
  const noise = new Float32Array(new SharedArrayBuffer(4 * frames * from.length));
  for (let frame = 0; frame < frames; frame++) {
    const angle = (frame / (frames - 1)) * (Math.PI / 2);
    const [old, next] = [Math.cos(angle), Math.sin(angle)];
    for (let i = 0; i < from.length; i++) noise[frame * from.length + i] = old * from[i] + next * to[i];
  }
  return noise;
}
