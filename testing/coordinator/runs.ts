/** What the tests of run directories and checkpoints share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import { constantSchedule } from '../../src/config/schedule-options.ts';
import { classifierLoss } from '../../src/loss/loss-of.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import type { CheckpointContent } from '../../src/run/checkpoint.ts';
import { modelSha256 } from '../../src/run/hashes.ts';
import type { RunIdentity } from '../../src/run/identity.ts';
import { dense, model } from '../model/topologies.ts';

/** A directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gradpool-run-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export const topology = model(dense({ name: 'out', units: 5, batch_input_shape: [null, 3] }));
export const network = readNetwork(topology);
export const config = resolveConfig({ workers: 2, steps: 1200, engine: 'wasm' });

export const identity: RunIdentity = {
  ...{ seed: config.seed, batchSize: config.batchSize, shards: config.shards },
  ...{ optimizer: config.optimizer, schedule: constantSchedule, update: config.update },
  ...{ loss: classifierLoss, shuffle: true, engine: 'wasm' },
  arithmetic: { kernels: 'wasm-1', multiplyAdd: 'fused' },
  dataSha256: 'd'.repeat(64),
  modelSha256: modelSha256(network, topology, 'wasm'),
  ...{ parameterCount: network.parameterCount, optimizerArrays: 1 },
};

/** [parameterCount] values that differ by step. */
export const valuesOf = (step: number): Float32Array =>
  Float32Array.from({ length: network.parameterCount }, (_, index) => step + index / 7);

export const contentOf = (step: number): CheckpointContent => ({
  ...{ step, skippedSteps: [], optimizerSteps: step, learningRate: 0.05, firstEpoch: 0 },
  epoch: { examples: 30, sums: [step / 3] },
  identity,
  model: { topology, network },
  parameters: valuesOf(step),
  optimizerState: [valuesOf(-step)],
});
