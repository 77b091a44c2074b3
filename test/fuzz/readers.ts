/** Every reader of a file that a user can get from elsewhere, on damaged files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { readCheckpoint } from '../../src/coordinator/checkpoint-read.ts';
import { writeCheckpoint } from '../../src/coordinator/checkpoint-write.ts';
import { readImages } from '../../src/data/idx-directory.ts';
import { readPng } from '../../src/data/png.ts';
import { GradpoolError } from '../../src/errors.ts';
import { readLayersModel } from '../../src/model/layers-format.ts';
import { sizeOf } from '../../src/model/network.ts';
import { contentOf } from '../coordinator/runs.ts';
import { idxBytes, ramp } from '../data/files.ts';
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
  const readImage: Target['read'] = async (file) => (await readPng(file, [8, 8, 1])).values.length === 64;
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
    { name: 'PNG', original: png, path: path('image.png'), read: readImage },
    ...(await checkpointTargets(directory)),
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
        const { network, parameters } = await readLayersModel(model);
        return parameters === undefined || parameters.length === network.parameterCount;
      },
    },
    part('checkpoint.json'),
    part('weights.bin'),
  ];
}
