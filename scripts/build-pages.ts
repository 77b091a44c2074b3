/**
 * Bundles what runs in the browser to build/pages: the pages' script and style, and the worker that predicts. Unless
 * they are there and made from the same sources.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { pageSourcesHash } from './stamp.mjs';

const root = join(import.meta.dirname, '..');
const target = join(root, 'build/pages');
const stampPath = join(target, 'sources.sha256');

const stamp = pageSourcesHash(root);
if (read(stampPath) !== stamp) {
  mkdirSync(target, { recursive: true });
  for (const name of ['page', 'predictor'])
    writeWhole(join(target, `${name}.js`), await bundle(join(root, 'src/browser', `${name}.ts`)));
  const own = ['base', 'charts', 'sections', 'pad'].map((name) =>
    join(root, `src/browser/style/${name}.css`),
  );
  const styles = [join(root, 'node_modules/uplot/dist/uPlot.min.css'), ...own];
  writeWhole(join(target, 'page.css'), styles.map((path) => readFileSync(path, 'utf8')).join('\n'));
  writeWhole(stampPath, stamp);
}

/** One script that stands alone. */
async function bundle(input: string): Promise<string> {
  const build = await rolldown({ input, platform: 'browser', logLevel: 'warn', plugins: [withoutNode()] });
  const { output } = await build.generate({ format: 'iife', minify: true });
  await build.close();
  return output[0].code;
}

/** Of Node.js the messages' types of values alone come along by an import; anything else is not for a browser. */
function withoutNode(): Plugin {
  return {
    name: 'without-node',
    resolveId(id, importer) {
      if (id === 'node:util') return join(root, 'src/browser/predictor/node-util.ts');
      if (id.startsWith('node:')) throw new Error(`${importer} imports ${id}, which no browser has`);
    },
  };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whole or absent: a set-up may be interrupted. */
function writeWhole(path: string, contents: string): void {
  writeFileSync(`${path}.${process.pid}.tmp`, contents);
  renameSync(`${path}.${process.pid}.tmp`, path);
}
