/** The live page in a real browser: a training that is watched, and digits that are drawn. */
import type { ChildProcess } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPicture, launch, missingBrowser, open, violations } from '../../testing/browser/chromium.ts';
import { readDigit } from '../../testing/browser/draw.ts';
import { expectRefusal, sandbox, writeImages } from '../../testing/cli/sandbox.ts';
import { drawnDigits } from '../../testing/pages/drawn-digits.ts';
import { stepEvents, writeRun } from '../../testing/pages/runs.ts';

const box = sandbox();
const running: ChildProcess[] = [];
let browser: Browser | undefined;

beforeAll(async () => {
  if (missingBrowser === undefined) browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  for (const child of running) child.kill('SIGKILL');
});

/** @returns the page's address, once it is printed */
async function serving(...args: string[]): Promise<{ address: string; child: ChildProcess }> {
  const child = box.start([...args, '--port', '0']);
  running.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    const hear = (text: Buffer) => {
      output += text;
      const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(output) ?? [];
      if (address !== undefined) resolve({ address, child });
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`It ended with ${code}: ${output}`)));
  });
}

const withBrowser = (context: { skip(note: string): void }): Browser => {
  if (missingBrowser !== undefined || browser === undefined) context.skip(missingBrowser ?? '');
  return browser as Browser;
};

const shortTraining = ['--steps', '60', '--batch-size', '50', '--save-every', '10', '--log-every', '2'];

describe('A training that is served', () => {
  test('is shown while it goes on, and reads what is drawn', async (context) => {
    const used = withBrowser(context);
    const { address, child } = await serving('train', '--serve', ...shortTraining, '--run', 'digits');
    const { page, complaints, requests } = await open(used);
    await page.goto(address);
    const step = async () =>
      Number(/step (\d+)/.exec((await page.locator('header').textContent()) ?? '')?.[1] ?? 0);
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(0);
    const early = await step();
    expect(await page.locator('header').textContent()).toMatch(/training now/);
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(early);
    await page.getByRole('application', { name: /^Sheet/ }).waitFor({ timeout: 60_000 });
    await expect.poll(() => page.locator('.confusion').count(), { timeout: 90_000 }).toBe(1);
    await expect.poll(() => page.getByText('The model of step 60, in this page.').count()).toBe(1);

    const wrong: string[] = [];
    for (const [style, digits] of Object.entries(drawnDigits))
      for (const [digit, strokes] of digits.entries()) {
        const answer = await readDigit(page, strokes);
        if (!answer.startsWith(`${digit} `)) wrong.push(`${style} ${digit}: ${answer}`);
      }
    expect(wrong.length, wrong.join(', ')).toBeLessThanOrEqual(3);

    expect(await page.getByRole('meter', { name: /^Probability of \d$/ }).count()).toBe(10);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, 'live');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, 'live-dark');
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('data:'))).toEqual([]);

    child.kill('SIGINT');
    await expect
      .poll(() => page.locator('.live').textContent(), { timeout: 20_000 })
      .toMatch(/The server is gone/);
    await page.context().close();
  }, 240_000);

  test('has a pad for the keyboard', async (context) => {
    const used = withBrowser(context);
    const { address } = await serving('serve', 'digits');
    const { page } = await open(used);
    await page.goto(address);
    const sheet = page.getByRole('application', { name: /^Sheet/ });
    await sheet.focus();
    await page.keyboard.press(' ');
    for (let press = 0; press < 16; press++) await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('.answer').textContent(), { timeout: 10_000 }).toMatch(/^1 \(/);
    await page.keyboard.press('Delete');
    await expect.poll(() => page.locator('.answer').textContent()).toBe('Draw a digit.');
    await page.context().close();
  });

  test.for([
    [
      'relaxed SIMD',
      'const real = WebAssembly.validate; WebAssembly.validate = (bytes) => bytes.length === PORTABLE && real(bytes);',
    ],
    [
      'shared memory',
      'const Real = WebAssembly.Memory; WebAssembly.Memory = function (given) { if (given.shared) throw new TypeError("no"); return new Real(given); };',
    ],
  ] as const)('falls back where the browser has no %s, and says so', async ([lacking, without], context) => {
    const { address } = await serving('serve', 'digits');
    const { page, complaints } = await open(withBrowser(context));
    const portable = (await (await fetch(`${address}kernels/portable.wasm`)).arrayBuffer()).byteLength;
    await page.context().route('**/predictor.js', async (route) => {
      const answer = await route.fetch();
      const body = `${without.replace('PORTABLE', `${portable}`)}\n${await answer.text()}`;
      await route.fulfill({ response: answer, body });
    });
    await page.goto(address);
    await expect
      .poll(() => page.getByText(`This browser has no ${lacking}`).count(), { timeout: 20_000 })
      .toBe(1);
    expect(await readDigit(page, drawnDigits.round[0])).toMatch(/^0 /);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

test('The pad and the confusion matrix have the names of the classes where the run knows them', async (context) => {
  const used = withBrowser(context);
  writeImages(box, 'letters', { 'mapping.txt': Buffer.from('0 97\n1 98\n2 60\n') });
  await box.run('train', '--data', 'letters', '--batch-size', '8', '--steps', '2', '--run', 'named');
  const { address } = await serving('serve', 'named');
  const { page, complaints } = await open(used);
  await page.goto(address);
  await page.getByRole('heading', { name: 'Draw an example' }).waitFor({ timeout: 20_000 });
  expect(await page.locator('.answer').textContent()).toBe('Draw an example.');
  expect(await readDigit(page, drawnDigits.round[0])).toMatch(/^[ab<] \(/);
  for (const name of ['a', 'b', '<'])
    expect(await page.getByRole('meter', { name: `Probability of ${name}`, exact: true }).count()).toBe(1);
  await page.locator('.confusion.named').waitFor({ timeout: 20_000 });
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

describe('Without images', () => {
  test('there is no pad, and the rest works', async (context) => {
    const used = withBrowser(context);
    await writeRun(box.path('vectors'), [...stepEvents(30)]);
    const { address } = await serving('serve', 'vectors');
    const { page, complaints } = await open(used);
    await page.goto(address);
    await expect
      .poll(() => page.getByText('No pad to draw on: The model takes no images, but [3].').count(), {
        timeout: 20_000,
      })
      .toBe(1);
    expect(await page.locator('canvas').count()).toBe(4);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('What cannot be served', () => {
  test('is refused in one line', async () => {
    box.write('nothing/a.txt', 'a');
    expectRefusal(await box.run('serve', 'absent'), 1, /Expected a run's directory at absent, got none/);
    expectRefusal(await box.run('serve', 'nothing'), 1, /run at nothing.*config\.json/);
    expectRefusal(
      await box.run('serve', 'nothing', '--port', '70000'),
      2,
      /`--port` to be an integer from 0 to 65535/,
    );
    expectRefusal(
      await box.run('train', '--port', '8080'),
      2,
      /Expected `--serve` beside `--port`, got none/,
    );
  });

  test('at a port that is in use, before a training begins', async () => {
    await writeRun(box.path('first'), [...stepEvents(3)]);
    const { address } = await serving('serve', 'first');
    const { port } = new URL(address);
    const used = new RegExp(`Expected \`--port\` ${port} on 127\\.0\\.0\\.1 to be free`);
    expectRefusal(await box.run('serve', 'first', '--port', port), 1, used);
    expectRefusal(await box.run('train', '--serve', '--port', port, '--run', 'second'), 1, used);
    expect(box.list('second')).toEqual([]);
  });

  test('to others without a warning', async () => {
    await writeRun(box.path('open'), [...stepEvents(3)]);
    const child = box.start(['serve', 'open', '--host', '0.0.0.0', '--port', '0']);
    running.push(child);
    const text = await new Promise<string>((resolve) =>
      child.stderr.once('data', (part) => resolve(`${part}`)),
    );
    expect(text).toMatch(/whoever reaches 0\.0\.0\.0 can read the run.*\(`--host`\)/);
  });
});
