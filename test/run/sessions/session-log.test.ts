import { execFileSync } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TrainEvent } from '../../../src/protocol/requests.ts';
import { readSessions } from '../../../src/run/sessions/read-sessions.ts';
import { createSessionLog } from '../../../src/run/sessions/session-log.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';

const start: TrainEvent = {
  ...{ kind: 'start', fromStep: 0, steps: Number.POSITIVE_INFINITY, stepsPerEpoch: 10, examples: 100 },
  ...{ workers: 2, engine: 'wasm', arithmetic: { kernels: 'wasm-1', multiplyAdd: 'fused' } },
  ...{ kernels: 'relaxed', ways: {}, sharedMemoryBytes: 1 },
};

async function session(run: string, resume: boolean, failures: string[] = []): Promise<void> {
  const log = createSessionLog((text) => void failures.push(text));
  log.hear({ kind: 'worker', worker: 1, state: 'lost', reason: 'early' });
  log.open(run, { resume, profile: '/tmp/profile.json' });
  log.hear(start);
  log.hear({ kind: 'progress', step: 7, loss: 1 });
  log.hear({ kind: 'worker', worker: 0, state: 'back' });
  log.hear({ kind: 'checkpoint', step: 7, path: 'x' });
  await log.close('stopped');
}

const time = expect.stringMatching(/^\d{4}-.*Z$/);
const written = [
  { time, kind: 'worker', step: 0, worker: 1, state: 'lost', reason: 'early' },
  expect.objectContaining({ time, kind: 'begin', fromStep: 0, steps: null, profile: '/tmp/profile.json' }),
  { time, kind: 'worker', step: 7, worker: 0, state: 'back' },
  { time, kind: 'checkpoint', step: 7 },
  { time, kind: 'end', step: 7, how: 'stopped' },
];

test('A session is noted in the order of what happened; a resumed run has several.', async () => {
  const run = await temporaryDirectory();
  await session(run, false);
  expect(await readSessions(run)).toEqual(written);
  await session(run, true);
  expect(await readSessions(run)).toEqual([...written, ...written]);
  await session(run, false);
  expect(await readSessions(run)).toHaveLength(written.length);
});

test('What is no event is left out, and a run of an older version has none.', async () => {
  const run = await temporaryDirectory();
  expect(await readSessions(run)).toEqual([]);
  await session(run, false);
  await appendFile(
    join(run, 'sessions.jsonl'),
    '{"kind":"end"}\n{"kind":"other","time":"2026-01-01"}\n7\n{"ki',
  );
  expect(await readSessions(run)).toEqual(written);
});

test.runIf(process.platform !== 'win32')(
  'Where a pipe stands in its place, it says so once, and stays.',
  async () => {
    const run = await temporaryDirectory();
    execFileSync('mkfifo', [join(run, 'sessions.jsonl')]);
    const failures: string[] = [];
    await session(run, false, failures);
    expect(failures).toEqual([expect.stringMatching(/sessions\.jsonl to be a file.*got a pipe/)]);
  },
);
