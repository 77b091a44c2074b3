/** What stands in metrics.jsonl of a run that was resumed, at its end too: each line once. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import type { TrainEvent } from '../../src/protocol/requests.ts';
import { checkpointPath } from '../../src/run/checkpoint.ts';
import { temporaryDirectory } from '../../testing/coordinator/runs.ts';
import { digitNetwork, firstDigits } from '../../testing/digits.ts';
import { parametersFor } from '../../testing/engine/values.ts';

const digits = await firstDigits(60);

async function go(run: string, resume: boolean, options: TrainOptions = {}) {
  const kinds: string[] = [];
  const { evaluation } = await trainInThread(
    {
      model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
      ...{ train: digits, test: digits, run, resume, reportProbabilities: false },
      config: resolveConfig({ workers: 1, steps: 6, batchSize: 20, saveEvery: 2, logEvery: 2, ...options }),
    },
    { onEvent: ({ kind }: TrainEvent) => void kinds.push(kind) },
  );
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return { lines: lines.map((line) => withoutTimes(line)), evaluation, kinds };
}

function withoutTimes(line: string): { readonly kind: string; readonly step: number } {
  const { steps_per_second: _, ...event } = JSON.parse(line);
  return event;
}

test.for([0, 2])(
  'with `evalEvery` %i, a finished run that is resumed evaluates, and each line stands once.',
  async (evalEvery) => {
    const run = join(await temporaryDirectory(), 'run');
    const whole = await go(run, false, { evalEvery });
    for (let times = 0; times < 2; times++) {
      const again = await go(run, true, { evalEvery });
      expect(again.lines).toEqual(whole.lines);
      expect(again.evaluation).toEqual(whole.evaluation);
      expect(again.kinds).toContain('evaluation');
    }
  },
);

const killed: Readonly<Record<string, (text: string, run: string) => Promise<string> | string>> = {
  'before the last evaluation': (text) => text.replace(/[^\n]*\n$/, ''),
  'in the middle of recording it': (text) => text.slice(0, -9),
  'before the last checkpoint, with more recorded': async (text, run) => {
    await rm(checkpointPath(run, 6), { recursive: true });
    return text;
  },
};

test.for(Object.keys(killed))('a run that was killed %s has the lines of one that was not.', async (when) => {
  const run = join(await temporaryDirectory(), 'run');
  const whole = await go(run, false, { evalEvery: 2 });
  const file = join(run, 'metrics.jsonl');
  await writeFile(file, await killed[when](await readFile(file, 'utf8'), run));
  expect((await go(run, true, { evalEvery: 2 })).lines).toEqual(whole.lines);
});

test('a run that goes on past its end has one line of each kind for a step.', async () => {
  const run = join(await temporaryDirectory(), 'run');
  await go(run, false, { evalEvery: 2 });
  const { lines } = await go(run, true, { evalEvery: 2, steps: 10 });
  const names = lines.map(({ kind, step }) => `${kind} ${step}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith('evaluation'))).toEqual(
    [2, 4, 6, 8, 10].map((step) => `evaluation ${step}`),
  );
});
