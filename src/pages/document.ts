/** The page as an HTML document: with everything in it (a report), or with addresses of its parts (a live page). */
import { createHash } from 'node:crypto';
import { readAsset } from './assets.ts';
import type { PageData } from './page-data.ts';

/** A file that needs no other one and no network; it may run its own script and nothing else. */
export async function reportDocument(data: PageData): Promise<string> {
  const [script, style] = [inScript(await readAsset('page.js')), await readAsset('page.css')];
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return documentOf(
    data.runs.map(({ name }) => name).join(', '),
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`,
    `<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>\n<script>${script}</script>`,
  );
}

/** The live page. Its policy comes as a header, its data by request. */
export const liveDocument = (name: string): string =>
  documentOf(name, '<link rel="stylesheet" href="page.css">', '<script src="page.js" defer></script>');

const documentOf = (title: string, head: string, end: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · gradpool</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<main><noscript><p>This page draws its curves with a script of its own: allow scripts to see them.</p></noscript></main>
${end}
</body>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Text in a script element, of a program or of JSON: nothing in it ends the element or begins a comment. */
const inScript = (text: string): string => text.replace(/<(?=[!/]|script)/gi, '\\u003c');

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]);
