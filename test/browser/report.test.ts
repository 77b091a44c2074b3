/** The report in a real browser: what it shows, that it asks for nothing, and that it stays quick. */
import { readFileSync, statSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPicture, launch, missingBrowser, open, violations } from '../../testing/browser/chromium.ts';
import { expectRefusal, sandbox, writeImages } from '../../testing/cli/sandbox.ts';
import { addSession, stepEvents, writeRun } from '../../testing/pages/runs.ts';

const box = sandbox();
let browser: Browser | undefined;

beforeAll(async () => {
  writeImages(box, 'images', { 'mapping.txt': Buffer.from('0 97\n1 98\n2 60\n') });
  // So little is learned that there are mistakes.
  const training = ['--data', 'images', '--batch-size', '8', '--log-every', '1', '--eval-every', '10'];
  training.push('--learning-rate', '1e-5');
  // The profile lies in the run, so that the page links to it.
  const files = ['--run', 'trained', '--profile', 'trained/profile.json'];
  const { exitCode, stderr } = await box.run('train', '--steps', '20', ...training, ...files);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  if (missingBrowser === undefined) browser = await launch();
});

afterAll(async () => browser?.close());

async function report(...args: string[]) {
  const { exitCode, stdout, stderr } = await box.run('report', ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const file = /^(.*): \d+ runs?, \d+ kB/.exec(stdout)?.[1] ?? stdout;
  return { file: box.path(file), address: pathToFileURL(box.path(file)).href };
}

const withBrowser = (context: { skip(note: string): void }): Browser => {
  if (missingBrowser !== undefined || browser === undefined) context.skip(missingBrowser ?? '');
  return browser as Browser;
};

const drawn = (page: Page) => page.waitForFunction(() => performance.getEntriesByName('drawn').length > 0);

/** Of its thread's time: other work on the machine is none of the page's. */
async function secondsOf(page: Page, work: () => Promise<unknown>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const time = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ThreadTime')?.value ??
    Number.NaN;
  const before = await time();
  await work();
  return (await time()) - before;
}

describe('A report of a run', () => {
  test('holds all that it shows, and no outside address', async () => {
    const { file } = await report('trained');
    const text = readFileSync(file, 'utf8');
    expect(file).toBe(box.path('trained', 'report.html'));
    expect(text.match(/https?:\/\/(?!www\.w3\.org\/)[\w.-]+/g)).toBeNull();
    expect(text).toContain('gradpool train --data ');
  });

  test.for(['light', 'dark'] as const)(
    'is shown without complaint or violation, %s',
    async (colorScheme, context) => {
      const { address } = await report('trained');
      const { page, complaints, requests } = await open(withBrowser(context), { colorScheme });
      await page.goto(address);
      await drawn(page);
      for (const heading of [
        'trained',
        'Curves',
        'Workers',
        'Test set',
        'Worst mistakes',
        'Model',
        'Configuration',
      ])
        expect(await page.getByRole('heading', { name: heading, exact: true }).count(), heading).toBe(1);
      expect(await page.getByRole('img', { name: /filters of conv2d/ }).count()).toBe(1);
      expect(await page.getByRole('img', { name: /Session 1: step 0 to 20/ }).count()).toBe(1);
      expect(await page.getByRole('link', { name: 'The profile' }).getAttribute('href')).toBe('profile.json');
      expect(await page.locator('.confusion tbody tr').count()).toBe(3);
      const heads = page.locator('.confusion thead th');
      expect(await heads.allTextContents()).toEqual(['Label', 'a', 'b', '<', 'Recall']);
      expect(await page.getByText(/^[ab<] taken for [ab<]$/).count()).toBeGreaterThan(0);
      expect(await violations(page)).toEqual([]);
      await keepPicture(page, `report-${colorScheme}`);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
      await page.context().close();
    },
  );

  test('is read by keyboard', async (context) => {
    const { address } = await report('trained', '--no-evaluation');
    const { page } = await open(withBrowser(context));
    await page.goto(address);
    await page.getByRole('application', { name: /^Loss by step/ }).focus();
    await page.keyboard.press('ArrowRight');
    const reading = page.getByRole('status').first();
    await expect.poll(() => reading.textContent()).toMatch(/^Step 1: training \d/);
    await page.keyboard.press('End');
    await expect.poll(() => reading.textContent()).toMatch(/^Step 20: training \d.*, test \d/);
    await page.context().close();
  });

  test('fits a narrow screen', async (context) => {
    const { address } = await report('trained');
    const { page } = await open(withBrowser(context), { viewport: { width: 360, height: 740 } });
    await page.goto(address);
    await drawn(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await keepPicture(page, 'report-narrow');
    await page.context().close();
  });
});

describe('A report of 20 runs of 100,000 steps', () => {
  test('is drawn within a second, out of less than 5 MB, and shows the runs that are wanted', async (context) => {
    // The shape of all of them is that of one: curves come down to as many points.
    const names = Array.from({ length: 20 }, (_, run) => `long-${run + 1}`);
    for (const [index, name] of names.entries())
      await writeRun(box.path(name), [...stepEvents(index === 0 ? 100_000 : 5000, index + 1)], index + 1);
    await addSession(box.path('long-1'), 100_000);
    const { file, address } = await report(...names, '--no-evaluation', '--out', 'many.html');
    expect(statSync(file).size).toBeLessThan(5e6);
    const { page, complaints } = await open(withBrowser(context));
    expect(await secondsOf(page, () => page.goto(address).then(() => drawn(page)))).toBeLessThan(1);
    expect(await page.locator('canvas').count()).toBe(4);
    await page.getByRole('checkbox', { name: /^long-7 / }).uncheck();
    await page.getByRole('application', { name: /^Loss by step/ }).focus();
    await page.keyboard.press('End');
    expect(await page.getByRole('status').first().textContent()).toMatch(
      /^Step 100,000: long-1 training .* more$/,
    );
    expect(await page.locator('mark').allTextContents()).toEqual(['seed']);
    expect(await page.getByRole('img', { name: /^Session 1/ }).count()).toBe(1);
    await page.getByLabel('What follows is about').selectOption('long-2');
    expect(await page.getByRole('img', { name: /^Session 1/ }).count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, 'report-20-runs');
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 120_000);
});

describe('Text of others', () => {
  test('is shown as text', async (context) => {
    const name = '<img src=x onerror=alert(1)>';
    await writeRun(box.path(name), [...stepEvents(20)]);
    await addSession(box.path(name), 20);
    const { address } = await report(name, '--out', 'hostile.html');
    const { page, complaints } = await open(withBrowser(context));
    await page.goto(address);
    await drawn(page);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(name);
    expect(await page.getByRole('cell', { name: 'it ended <early>' }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('Without what a run should have', () => {
  const shown: Record<string, [(run: string) => Promise<unknown>, RegExp]> = {
    'metrics whose last line is torn': [(run) => appendFile(`${run}/metrics.jsonl`, '{"kind":"st'), /^$/],
    'metrics with a hole': [
      (run) => appendFile(`${run}/metrics.jsonl`, '\0\0\0\n'),
      /1 lines could not be read/,
    ],
    'empty metrics': [(run) => writeFile(`${run}/metrics.jsonl`, ''), /^$/],
    'a checkpoint that is whole': [
      (run) => writeFile(`${run}/checkpoints/step-00000020/weights.bin`, 'x'),
      /no checkpoint to look into.*weights\.bin/,
    ],
  };

  test.for(Object.entries(shown))('the rest is shown: without %s', async ([name, [damage, said]]) => {
    const run = box.path(name.replaceAll(' ', '-'));
    await writeRun(run, [...stepEvents(20)]);
    await damage(run);
    const { file } = await report(run, '--out', 'damaged.html');
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))?.[1] ?? '');
    const { notes, model } = data.runs[0];
    expect([...notes, model.missing ?? ''].join('\n')).toMatch(said);
  });

  test('what is no run is refused by name, before anything is written', async () => {
    box.write('nothing/a.txt', 'a');
    box.write('newer/config.json', '{ "formatVersion": 99 }');
    box.write('broken/config.json', '{ "formatVer');
    expectRefusal(await box.run('report', 'absent'), 1, /Expected a run's directory at absent, got none/);
    expectRefusal(await box.run('report', 'nothing'), 1, /run at nothing.*config\.json/);
    expectRefusal(await box.run('report', 'newer'), 1, /newer\/config\.json: .*a newer version of gradpool/);
    expectRefusal(await box.run('report', 'broken'), 1, /run at broken/);
    expectRefusal(await box.run('report', 'trained', '--workers', '0'), 2, /`--workers`/);
    expectRefusal(await box.run('report'), 2, /missing required argument 'runs'/);
    expectRefusal(await box.run('report', 'trained', '--out', 'no/where.html'), 1, /no\/where\.html/);
    expect(box.list('newer')).toEqual(['config.json']);
  });
});
