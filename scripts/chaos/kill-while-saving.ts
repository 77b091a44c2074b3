/**
 * node scripts/chaos/kill-while-saving.ts --kills 200: a training that saves after every step is killed with SIGKILL
 * at random moments, resumed and killed again, until so many kills came inside the writing of a checkpoint; its end is
 * compared with that of a training that nobody disturbed.
 */
import { type FSWatcher, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { end, start, weightsSha256, writeData } from '../../testing/chaos/command-line.ts';
import { randomFrom } from '../../testing/fuzz/mutate.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});

const random = randomFrom(Number(values.seed));
const directory = mkdtempSync(join(tmpdir(), 'gradpool-kill-'));
const data = writeData(directory);
const [killed, undisturbed] = [join(directory, 'killed'), join(directory, 'undisturbed')];
const failures: string[] = [];
let kills = 0;
let insideWriting = 0;
let saved = 0;

while (insideWriting < Number(values.kills) && failures.length === 0) await runAndKill(kills++);
const lastStep = saved + 5;
const toTheEnd = ['--steps', `${lastStep}`, '--eval-every', '0', '--save-every', '100000'];
const last = await end(start({ workers: 2, data, run: killed, more: [...toTheEnd, '--resume'] }));
const whole = await end(start({ workers: 2, data, run: undisturbed, more: toTheEnd }));
if (last.code !== 0 || whole.code !== 0)
  failures.push(`exit codes ${last.code} and ${whole.code}: ${last.output}`);
else if (weightsSha256(killed) !== weightsSha256(undisturbed)) failures.push('other bits');
console.log(
  `${kills} kills, ${insideWriting} of them inside the writing of a checkpoint, up to step ${saved}`,
);
console.log(`in the end: ${weightsSha256(killed)}, undisturbed: ${weightsSha256(undisturbed)}`);
for (const failure of failures) console.log(failure);
rmSync(directory, { recursive: true });
process.exitCode = failures.length === 0 ? 0 : 1;

/** What was said to be saved has to be there when it goes on. */
async function runAndKill(kill: number): Promise<void> {
  const savedBefore = saved;
  const more = ['--steps', '1000000', '--save-every', '1', '--eval-every', '0', '--log-every', '100000'];
  const child = start({
    ...{ workers: 1 + (kill % 2), data, run: killed },
    more: kill === 0 ? more : [...more, '--resume'],
  });
  const checkpoints = join(killed, 'checkpoints');
  let watcher: FSWatcher | undefined;
  let isDue = false;
  let begunAt = 0;
  const { signal, output } = await end(child, (line) => {
    const from = /^steps\s+([\d,]+) to/.exec(line)?.[1];
    if (from !== undefined) begunAt = Number(from.replaceAll(',', '')) - 1;
    const step = /^step (\d+): saved/.exec(line)?.[1];
    if (step === undefined) return;
    saved = Number(step);
    watcher ??= watch(checkpoints, (_, name) => {
      // A checkpoint is being written from now on: a few milliseconds, with four files made durable.
      if (!isDue && name?.startsWith('.tmp-')) setTimeout(() => child.kill('SIGKILL'), random(12));
      isDue ||= name?.startsWith('.tmp-') ?? false;
    });
  });
  watcher?.close();
  if (signal !== 'SIGKILL') failures.push(`kill ${kill}: it ended by itself: ${output}`);
  if (begunAt < savedBefore)
    failures.push(`kill ${kill}: went on from step ${begunAt}, ${savedBefore} was saved`);
  if (readdirSync(checkpoints).some((name) => name.startsWith('.tmp-'))) insideWriting++;
}
