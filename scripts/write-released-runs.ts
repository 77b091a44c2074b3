/**
 * Writes the runs of released-runs.ts as this version does, and what the same trainings come to without a break:
 * `node scripts/write-released-runs.ts test/fixtures/released/format-N`, in the checkout of the version that is
 * released. (Those of format 1 were written in a checkout of 51a249b, into which this file and that one were copied.)
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TrainCallOptions, train } from '../src/index.ts';
import { killedAfter, releasedData, releasedModel, releasedRuns } from '../testing/golden/released-runs.ts';

const [, , target] = process.argv;
for (const [name, options] of Object.entries(releasedRuns)) await write(join(target, name), options);

async function write(folder: string, options: TrainCallOptions): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run = join(folder, 'run');
  const result = await train(releasedModel(), releasedData(), { ...options, run });
  const { parametersSha256, trainLoss, evaluation } = result;
  const expected = JSON.stringify({ parametersSha256, trainLoss, evaluation }, null, 2);
  writeFileSync(join(folder, 'expected.json'), `${expected}\n`);
  writeFileSync(join(folder, 'metrics.jsonl'), readFileSync(join(run, 'metrics.jsonl')));
  takeBack(run);
}

/** What a training that is killed after a step leaves: nothing of the steps behind it. */
function takeBack(run: string): void {
  const checkpoints = join(run, 'checkpoints');
  for (const name of readdirSync(checkpoints))
    if (Number(name.replace('step-', '')) > killedAfter) rmSync(join(checkpoints, name), { recursive: true });
  const metrics = join(run, 'metrics.jsonl');
  const lines = readFileSync(metrics, 'utf8').split('\n');
  writeFileSync(
    metrics,
    lines.filter((line) => line === '' || JSON.parse(line).step <= killedAfter).join('\n'),
  );
}
