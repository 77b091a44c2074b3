/**
 * node scripts/chaos/signal-to-saved.ts --times 20: the tutorial's training on MNIST, asked to stop by SIGINT at random
 * moments; how long until the step's checkpoint is on disk, as the training says it then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { end, startTutorial } from '../../testing/chaos/command-line.ts';
import { randomFrom } from '../../testing/fuzz/mutate.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
  },
});

const random = randomFrom(Number(values.seed));
const directory = mkdtempSync(join(tmpdir(), 'gradpool-signal-'));
const taken: number[] = [];
for (let time = 0; time < Number(values.times); time++)
  taken.push(await signalToSaved(join(directory, `${time}`)));
rmSync(directory, { recursive: true });
taken.sort((a, b) => a - b);
console.log(
  `SIGINT to a checkpoint on disk, ms: median ${taken[taken.length >> 1].toFixed(0)}, most ${taken.at(-1)?.toFixed(0)} (${taken.length} times)`,
);

async function signalToSaved(run: string): Promise<number> {
  const child = startTutorial(Number(values.workers), run);
  let askedAt: number | undefined;
  let saved = 0;
  const { code, output } = await end(child, (line) => {
    if (line.startsWith('step 1:'))
      setTimeout(() => {
        askedAt = performance.now();
        child.kill('SIGINT');
      }, 300 + random(700));
    if (askedAt !== undefined && /^step \d+: saved/.test(line)) saved = performance.now();
  });
  rmSync(run, { recursive: true });
  if (code !== 130 || askedAt === undefined || saved === 0) throw new Error(`exit code ${code}: ${output}`);
  return saved - askedAt;
}
