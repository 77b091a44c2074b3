import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moduleUrl } from '../../runtime/module-url.ts';

/** Lines of JavaScript that open a saved model, in whatever folder of this machine they are run. */
export const loadLines = (path: string): readonly string[] => [
  `import { loadModel } from ${literal(ownSpecifier())};`,
  `const model = await loadModel(${literal(resolve(path))});`,
];

/** `gradpool` where that name leads here, in the folder at hand; else, as in a clone, the file itself. */
function ownSpecifier(): string {
  const own = moduleUrl('../../index', import.meta.url).href;
  try {
    const found = createRequire(join(process.cwd(), 'any.js')).resolve('gradpool');
    if (pathToFileURL(found).href === own) return 'gradpool';
  } catch {
    // Not installed in a folder above: a clone, a global installation, npx.
  }
  return own;
}

/** A string as JavaScript has it, of printable characters only. */
function literal(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)}'`;
}

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;
