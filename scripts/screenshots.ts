/**
 * Pictures for the README, into docs/pages: of the pages, of a trained run, and of a terminal in which a training is
 * under way: `node scripts/screenshots.ts RUN`. Chromium has to be there, and `script` of util-linux.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, missingBrowser, open } from '../testing/browser/chromium.ts';
import { readDigit } from '../testing/browser/draw.ts';
import { drawnDigits } from '../testing/pages/drawn-digits.ts';
import { ended } from '../testing/programs.ts';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/pages');
const terminal = { cols: 108, rows: 14 };
const [run] = process.argv.slice(2);

if (missingBrowser !== undefined) throw new Error(missingBrowser);
if (run === undefined) throw new Error('Expected a run, got none: node scripts/screenshots.ts RUN');
mkdirSync(target, { recursive: true });
const browser = await launch();
const server = gradpool('serve', resolve(run), '--port', '0');
try {
  await shootTerminal();
  await shootReport(resolve(run));
  await shootPad(await addressOf());
} finally {
  server.kill();
  await browser.close();
}

function gradpool(...args: string[]) {
  return spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What a terminal shows some steps after the second report, drawn by a terminal of the page's own. */
async function shootTerminal(): Promise<void> {
  const output = await terminalOutput('train --run runs/0001 --log-every 50', /step 51:.*step 9\d\//s);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open(browser, { colorScheme, viewport: { width: 1040, height: 420 } });
    await page.goto('about:blank');
    const xterm = join(root, 'node_modules/@xterm/xterm');
    await page.addStyleTag({ path: join(xterm, 'css/xterm.css') });
    await page.addScriptTag({ path: join(xterm, 'lib/xterm.js') });
    await page.evaluate(writeTo, { output, terminal, isDark: colorScheme === 'dark' });
    await page.locator('.xterm-screen').screenshot({ path: join(target, `terminal-${colorScheme}.png`) });
  }
}

interface Written {
  readonly output: string;
  readonly terminal: { readonly cols: number; readonly rows: number };
  readonly isDark: boolean;
}

/** Runs in the page. */
function writeTo({ output, terminal, isDark }: Written): Promise<void> {
  const { Terminal } = window as unknown as { Terminal: typeof import('@xterm/xterm').Terminal };
  const [background, foreground] = isDark ? ['#16181d', '#e8e8e8'] : ['#ffffff', '#1b1b1b'];
  const shown = new Terminal({
    ...terminal,
    convertEol: true,
    theme: { background, foreground, cursor: background },
  });
  const place = document.body.appendChild(document.createElement('div'));
  shown.open(place);
  return new Promise((resolve) => shown.write(output, resolve));
}

/** What gradpool has written to a terminal when it first has what is looked for; the training ends there. */
async function terminalOutput(line: string, wanted: RegExp): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gradpool-terminal-'));
  const program = `${process.execPath} ${join(root, 'src/cli/main.ts')}`;
  const command = `stty cols ${terminal.cols} rows ${terminal.rows}; exec ${program} ${line}`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let output = `$ npx gradpool ${line}\r\n`;
    for await (const text of child.stdout) {
      output += `${text}`;
      if (wanted.test(output)) return output;
    }
    throw new Error(`gradpool ended before its terminal showed ${wanted}: ${output}`);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function shootReport(run: string): Promise<void> {
  const file = join(tmpdir(), `gradpool-report-${process.pid}.html`);
  const { exitCode } = await ended(gradpool('report', run, '--out', file));
  if (exitCode !== 0) throw new Error(`gradpool report ended with ${exitCode}`);
  // The run as a user would name it.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"name":"${run}"`, '"name":"runs/0001"'));
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open(browser, { colorScheme, viewport: { width: 960, height: 1360 } });
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction(() => performance.getEntriesByName('drawn').length > 0);
    await page.screenshot({ path: join(target, `report-${colorScheme}.png`) });
  }
  rmSync(file);
}

async function shootPad(address: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open(browser, { colorScheme, viewport: { width: 960, height: 900 } });
    await page.goto(address);
    await page.getByRole('application', { name: /^Sheet/ }).waitFor();
    await readDigit(page, drawnDigits.round[3]);
    await page.locator('#pad').screenshot({ path: join(target, `pad-${colorScheme}.png`) });
  }
}

async function addressOf(): Promise<string> {
  for await (const text of server.stdout) {
    const [address] = /http:\S+/.exec(`${text}`) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('gradpool serve ended before it served');
}
