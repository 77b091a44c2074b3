/** A real browser for the tests of the pages. */
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

const executable = process.env.GRADPOOL_CHROMIUM === 'off' ? undefined : found();

/** Why the tests with a browser are skipped; undefined where there is one. */
export const missingBrowser: string | undefined =
  executable === undefined
    ? 'no Chromium was found (Debian: apt-get install chromium; GRADPOOL_CHROMIUM names another one)'
    : undefined;

function found(): string | undefined {
  const named = process.env.GRADPOOL_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = named ? [named] : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const launch = (args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: executable ?? '',
    // In a container there is no room for shared memory, and root has no sandbox.
    args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
  });

/** A page that collects what it complains of, and every address that it asks for. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const watched: Watched = { page, complaints: [], requests: [] };
  page.on('pageerror', (error) => void watched.complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) watched.complaints.push(message.text());
  });
  page.on('request', (request) => void watched.requests.push(request.url()));
  return watched;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, a line each. The page's own policy does not hold for what a debugger evaluates. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    // @ts-expect-error axe is there since the line before.
    const { violations } = await window.axe.run();
    return violations.flatMap(
      ({ id, nodes }: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
    );
  });
}

/** Pictures that the tests leave behind, for whoever wants to see them. */
const pictures = join(import.meta.dirname, '..', '..', 'build', 'screenshots');

export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
