import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainInThread } from '../../../src/api/client.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { openProfile } from '../../../src/coordinator/timing/profile.ts';
import { temporaryDirectory } from '../../../testing/coordinator/runs.ts';
import { digitNetwork, firstDigits } from '../../../testing/digits.ts';
import { parametersFor } from '../../../testing/engine/values.ts';

interface Span {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

test.for([1, 2])(
  'a profile shows what %i workers did in the last 20 steps, and changes no bits',
  async (workers) => {
    const path = join(await temporaryDirectory(), 'profile.json');
    const train = await firstDigits(200);
    const request = {
      model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
      train,
      test: train,
      config: resolveConfig({ workers, steps: 23 }),
      resume: false,
      reportProbabilities: false,
    };
    const profiled = await trainInThread({ ...request, profile: path }, {});
    expect(profiled.parametersSha256).toBe((await trainInThread(request, {})).parametersSha256);

    const events: Span[] = JSON.parse(await readFile(path, 'utf8')).traceEvents;
    const spans = events.filter(({ ph }) => ph === 'X');
    const phases = spans.filter(({ tid }) => tid === 0);
    const updates = phases.filter(({ name }) => name === 'update');
    expect(updates.map(({ args }) => args?.step)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 4),
    );
    expect(phases.map(({ name }) => name)).toContain('evaluate');
    // What looks for zeros says how much of it was none: of a relu's output, and its gradient, some.
    const shares = spans.filter(({ name }) => name === 'listByRow').map(({ args }) => Number(args?.nonzero));
    expect(shares.length).toBeGreaterThan(0);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(shares.some((share) => share > 0 && share < 1)).toBe(true);
    expect(spans.filter(({ name, args }) => name === 'matmul' && args !== undefined)).toEqual([]);
    for (let tid = 1; tid <= workers; tid++) {
      const own = spans.filter((span) => span.tid === tid);
      for (const name of [
        'gradient',
        `${digitNetwork.layers[0].name} forward`,
        'matmul',
        `${digitNetwork.layers.at(-1)?.name} weight gradient and update`,
        'waiting',
      ])
        expect(own.map((span) => span.name)).toContain(name);
      // Clocks of two threads agree to a few microseconds.
      const isWithin = (inner: Span, outer: Span) =>
        inner.ts >= outer.ts - 50 && inner.ts + inner.dur <= outer.ts + outer.dur + 50;
      for (const span of own)
        expect(
          phases.some((phase) => isWithin(span, phase)),
          span.name,
        ).toBe(true);
    }
  },
);

test('a profile that cannot be written any more at the end takes nothing of the training', async () => {
  const directory = join(await temporaryDirectory(), 'gone');
  mkdirSync(directory);
  const request = {
    model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
    train: await firstDigits(20),
    config: resolveConfig({ workers: 1, steps: 30, batchSize: 20 }),
    resume: false,
    reportProbabilities: false,
    profile: join(directory, 'profile.json'),
  };
  const notices: string[] = [];
  const result = await trainInThread(request, {
    onEvent(event) {
      if (event.kind === 'start') rmSync(directory, { recursive: true });
      if (event.kind === 'notice') notices.push(event.text);
    },
  });
  expect(result.globalStep).toBe(30);
  expect(notices).toEqual([
    expect.stringMatching(/^Could not write the profile .*; the training itself is done$/),
  ]);
});

test("another rank's profile is a file of its own", async () => {
  const directory = await temporaryDirectory();
  for (const rank of [0, 1]) await (await openProfile(join(directory, 'profile.json'), rank))?.write();
  expect((await readdir(directory)).sort()).toEqual(['profile.json', 'profile.rank-1.json']);
});

test('a profile that cannot be written is an error', async () => {
  const file = join(await temporaryDirectory(), 'file');
  writeFileSync(file, '');
  const train = await firstDigits(20);
  const request = {
    model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
    train,
    config: resolveConfig({ workers: 1, steps: 1, batchSize: 20 }),
    resume: false,
    reportProbabilities: false,
    profile: join(file, 'profile.json'),
  };
  await expect(trainInThread(request, {})).rejects.toThrow(/Could not write the profile .*file/);
});
