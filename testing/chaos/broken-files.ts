import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, start, writeData } from './command-line.ts';
import { type Damage, type Expected, type Family, leftIn, type Outcome, wrongBits } from './scenario.ts';
import { type Heard, trainUnderChaos } from './training.ts';

type Broken = Family<'broken checkpoint' | 'broken IDX'>;

export async function brokenFiles(scenario: Broken, expected: Expected, directory: string): Promise<Outcome> {
  const failures = await (scenario.family === 'broken IDX'
    ? brokenData(scenario, directory)
    : brokenCheckpoints(scenario, expected, directory));
  const what = scenario.family === 'broken IDX' ? 'IDX file' : 'checkpoint';
  const struck = scenario.damages.map(({ file, how }) => ({
    kind: `${what} ${how}`,
    point: file,
    struck: true,
  }));
  return { failures, struck, noticed: [], back: [] };
}

/** Each in a copy of the same run. */
async function brokenCheckpoints({ workers, damages }: Broken, expected: Expected, directory: string) {
  const whole = join(directory, 'whole');
  await trainUnderChaos({ workers, run: whole, steps: 56 });
  const failures: string[] = [];
  for (const [index, damage] of damages.entries()) {
    const run = join(directory, `run-${index}`);
    cpSync(whole, run, { recursive: true });
    breakFile(join(run, 'checkpoints', 'step-00000056', damage.file), damage);
    const resumed = await trainUnderChaos({ workers, run, resume: true });
    failures.push(...wrongBits(resumed, expected.small), ...leftIn(run));
    const isNamed = (event: Heard) => event.kind === 'notice' && event.text.includes('step-00000056');
    if (!resumed.events.some(isNamed)) failures.push(`${damage.file}: the broken checkpoint is not named`);
    if (!resumed.events.some((event) => event.kind === 'start' && event.fromStep === 52))
      failures.push(`${damage.file}: it did not go on from the whole one`);
  }
  return failures;
}

/** Training data that changed between two halves of a run. */
async function brokenData({ workers, damages }: Broken, directory: string) {
  const [data, whole] = [writeData(directory), join(directory, 'whole')];
  await end(start({ workers, data, run: whole, more: ['--steps', '4'] }));
  const failures: string[] = [];
  for (const [index, damage] of damages.entries()) {
    const [run, broken] = [join(directory, `run-${index}`), join(directory, `data-${index}`)];
    cpSync(whole, run, { recursive: true });
    cpSync(data, broken, { recursive: true });
    breakFile(join(broken, damage.file), damage);
    const { code, output } = await end(start({ workers, data: broken, run, more: ['--resume'] }));
    if (code !== 1 || !/^error: [^\n]+\n$/m.test(output))
      failures.push(`${damage.file}: exit code ${code}: ${output}`);
    failures.push(...leftIn(run));
  }
  return failures;
}

export function breakFile(path: string, { how, at }: Pick<Damage, 'how' | 'at'>): void {
  const bytes = readFileSync(path);
  const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
  bytes[place] ^= 1 << (place % 8);
  writeFileSync(path, how === 'truncated' ? bytes.subarray(0, place) : bytes);
}
