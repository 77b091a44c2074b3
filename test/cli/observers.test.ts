import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, smallModel, writeImages } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const example = (name: string) => join(import.meta.dirname, '../../examples', name);
const typed = (run: string) => [
  ...['train', '--data', 'data', '--model', 'small.mjs', '--batch-size', '8', '--workers', '1'],
  ...['--steps', '4', '--log-every', '2', '--run', run],
];

beforeAll(() => {
  writeImages(box, 'data');
  box.write('small.mjs', modelModule(smallModel));
});

test('the example of a tracker posts the beginning, each report and the end, in their order.', async () => {
  const bodies: Record<string, Record<string, unknown>>[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(JSON.parse(await text(request)));
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const environment = { TRACKER_URL: `http://127.0.0.1:${port}/` };
  const args = [...typed('tracked'), '--observer', example('tracker-observer.js')];
  const { exitCode } = await ended(box.start(args, { environment }));
  expect(exitCode).toBe(0);
  expect(bodies.map((body) => Object.keys(body).join('+'))).toEqual([
    ...['init', 'step+log', 'step+log', 'step+log', 'step+log', 'finish'],
  ]);
  expect(bodies[0].init).toMatchObject({ name: 'tracked', config: { steps: 4, engine: 'wasm' } });
  expect(bodies.slice(1, 4).map(({ step }) => step)).toEqual([1, 3, 4]);
  expect(bodies[1].log).toMatchObject({ loss: expect.any(Number), accuracy: expect.any(Number) });
  expect(bodies.at(-1)).toEqual({ finish: { exitCode: 0 } });
});

test("the example of Prometheus' text format leaves a file of it.", async () => {
  const environment = { PROMETHEUS_FILE: box.path('gradpool.prom') };
  const args = [...typed('scraped'), '--observer', example('prometheus-observer.js')];
  const { exitCode } = await ended(box.start(args, { environment }));
  expect(exitCode).toBe(0);
  const lines = readFileSync(environment.PROMETHEUS_FILE, 'utf8').trimEnd().split('\n');
  for (const line of lines)
    expect(line).toMatch(/^(# HELP \w+ .+|# TYPE \w+ (gauge|counter)|[a-z_]+ [-+\d.eInfNa]+)$/);
  const values = Object.fromEntries(
    lines.filter((line) => !line.startsWith('#')).map((line) => line.split(' ')),
  );
  expect(values).toMatchObject({ gradpool_step: '4', gradpool_steps: '4', gradpool_running: '0' });
  expect(Number(values.gradpool_test_accuracy)).toBeGreaterThan(0);
});

test('an observer that fails is said to, once, and the training is the same; several are told.', async () => {
  box.write('fails.mjs', "export default ({ kind }) => { if (kind === 'step') throw new Error('no net'); };");
  const late = `let steps = 0;
    export default async (event) => {
      if (event.kind === 'step') steps++;
      if (event.kind !== 'end') return;
      await new Promise((end) => setTimeout(end, 50));
      console.log('late', steps, event.result.globalStep, 'parameters' in event.result);
    };`;
  box.write('late.mjs', late);
  const { exitCode, stdout, stderr } = await box.run(
    ...typed('watched'),
    ...['--observer', 'fails.mjs', '--observer', 'late.mjs'],
  );
  expect(exitCode).toBe(0);
  expect(stderr.match(/the observer failed .*: no net/g)).toHaveLength(1);
  expect(stdout).toContain('late 3 4 false\n');
  expect(stdout).toMatch(/global_step: 4\}$/m);
});

test.each([
  ['nowhere.mjs', /Could not load the `--observer` nowhere\.mjs/],
  ['data.mjs', /Expected the `--observer` data\.mjs to export a function by default, got .*/],
])('the observer %s is refused.', async (file, message) => {
  box.write('data.mjs', 'export default 3;');
  expectRefusal(await box.run(...typed('refused'), '--observer', file), 1, message);
});
