/** Every reader of a file that a user can get from elsewhere, on damaged files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { readImages } from '../../src/data/idx-directory.ts';
import { readData } from '../../src/data/sources/read-data.ts';
import { GradpoolError } from '../../src/errors.ts';
import { readImage, readPng } from '../../src/formats/image-files/read-image.ts';
import { readModel } from '../../src/formats/model-file/read-model.ts';
import { readCheckpoint } from '../../src/run/checkpoint-read.ts';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import { sizeOf } from '../../src/shape.ts';
import { contentOf } from '../coordinator/runs.ts';
import { idxBytes, ramp } from '../data/files.ts';
import { jpegs } from '../data/jpegs.ts';
import { bytesOf, npyOf, zipOf } from '../data/numpy.ts';
import { mutate, type Random, randomFrom } from './mutate.ts';

interface Target {
  readonly name: string;
  /** The whole file. */
  readonly original: Buffer;
  readonly path: string;
  /** Whether what was read is right. */
  read(path: string, bytes: Buffer): Promise<boolean>;
  /** Damage; by default to the bytes of the file. */
  damage?(random: Random): Buffer;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly refused: number;
  readonly read: number;
  readonly slowestMilliseconds: number;
  /** What was neither refused clearly nor read rightly. */
  readonly failures: readonly string[];
}

/** Far above what any of these small files takes, on a busy machine too. */
const mostMilliseconds = 2000;

export async function fuzz(inputs: number, seed: number): Promise<Record<string, FuzzResult>> {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-fuzz-'));
  try {
    const results: Record<string, FuzzResult> = {};
    const targets = await makeTargets(directory);
    for (const [index, target] of targets.entries())
      results[target.name] = await fuzzTarget(
        target,
        Math.ceil(inputs / targets.length),
        randomFrom(seed * 31 + index),
      );
    return results;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function fuzzTarget(target: Target, inputs: number, random: Random): Promise<FuzzResult> {
  const failures: string[] = [];
  let refused = 0;
  let slowest = 0;
  for (let input = 0; input < inputs; input++) {
    const bytes = target.damage?.(random) ?? mutate(target.original, random);
    writeFileSync(target.path, bytes);
    const began = performance.now();
    const failure = await tryReading(target, bytes);
    slowest = Math.max(slowest, performance.now() - began);
    if (failure === 'refused') refused++;
    else if (failure !== 'read') failures.push(`${failure}: ${bytes.toString('base64').slice(0, 400)}`);
  }
  writeFileSync(target.path, target.original);
  if (slowest > mostMilliseconds) failures.push(`it took ${slowest.toFixed(0)} ms`);
  return {
    inputs,
    refused,
    read: inputs - refused - failures.length,
    slowestMilliseconds: slowest,
    failures,
  };
}

/** @returns 'read', 'refused', or what is wrong */
async function tryReading(target: Target, bytes: Buffer): Promise<string> {
  try {
    return (await target.read(target.path, bytes)) ? 'read' : 'read wrongly';
  } catch (error) {
    if (!(error instanceof GradpoolError)) return `${(error as Error).stack}`;
    const { kind, message } = error;
    return kind === 'input' && message.length < 2000 ? 'refused' : `a bad message: ${message}`;
  }
}

async function makeTargets(directory: string): Promise<Target[]> {
  const path = (name: string) => join(directory, name);
  const idx = idxBytes([5, 4, 3], ramp(60));
  const readIdx: Target['read'] = async (file) => {
    const { shape, count, inputs } = await readImages(file);
    return inputs.length === count * sizeOf(shape);
  };
  const image = { width: 9, height: 7, channels: 3, depth: 8 as const, data: ramp(189) };
  const readPicture: Target['read'] = async (file) => (await readPng(file, [8, 8, 1])).values.length === 64;
  const png = Buffer.from(encode(image));
  return [
    { name: 'IDX', original: idx, path: path('plain'), read: readIdx },
    { name: 'gzip', original: gzipSync(idx), path: path('packed.gz'), read: readIdx },
    {
      name: 'IDX in gzip',
      original: gzipSync(idx),
      path: path('inner.gz'),
      read: readIdx,
      damage: (random) => gzipSync(mutate(idx, random), { level: 1 }),
    },
    { name: 'PNG', original: png, path: path('image.png'), read: readPicture },
    ...dataTargets(path),
    ...(await checkpointTargets(directory)),
  ];
}

/** Data of one's own, each with eight examples of twelve values or one image. */
function dataTargets(path: (name: string) => string): Target[] {
  const x = npyOf('<f4', [8, 12], bytesOf(Float32Array.from(ramp(96))));
  const y = npyOf('|u1', [8], Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1));
  const table = Buffer.from(
    `a,b,label\n${[0, 1, 0, 1, 0, 1, 0, 1].map((label, row) => `${row}.5,${row % 3 ? 'x' : 'y'},${label}`).join('\n')}\n`,
  );
  const read: Target['read'] = async (file) => {
    const { train, test } = await readData(file);
    return [train, test].every(({ inputs, count, shape }) => inputs.length === count * sizeOf(shape));
  };
  const readJpeg: Target['read'] = async (file) => (await readImage(file, [8, 8, 3])).values.length === 192;
  return [
    { name: 'JPEG', original: jpegs.colour.bytes, path: path('image.jpg'), read: readJpeg },
    { name: 'progressive JPEG', original: jpegs.progressive.bytes, path: path('prog.jpg'), read: readJpeg },
    { name: 'NPZ', original: zipOf({ 'x.npy': x, 'y.npy': y }), path: path('arrays.npz'), read },
    {
      ...{ name: 'NPY in NPZ', original: x, path: path('inner.npz'), read },
      damage: (random) => zipOf({ 'x.npy': mutate(x, random), 'y.npy': mutate(y, random) }),
    },
    { name: 'CSV', original: table, path: path('table.csv'), read },
  ];
}

async function checkpointTargets(directory: string): Promise<Target[]> {
  mkdirSync(join(directory, 'run'));
  const checkpoint = await writeCheckpoint(join(directory, 'run'), contentOf(1));
  const file = (name: string) => join(checkpoint, name);
  const original = (name: string) => readFileSync(file(name));
  /** Only an undamaged checkpoint may be read. */
  const readWhole =
    (whole: Buffer): Target['read'] =>
    async (_, bytes) => {
      await readCheckpoint(checkpoint);
      return bytes.equals(whole);
    };
  const part = (name: string): Target => ({
    ...{ name: `checkpoint: ${name}`, original: original(name), path: file(name) },
    read: readWhole(original(name)),
  });
  return [
    {
      ...{ name: 'model JSON', original: original('model.json'), path: file('model.json') },
      async read(model) {
        const { network, parameters } = await readModel(model);
        return parameters === undefined || parameters.length === network.parameterCount;
      },
    },
    part('checkpoint.json'),
    part('weights.bin'),
  ];
}
