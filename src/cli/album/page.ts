/** RUN/index.html: one file that needs no other, light or dark as the reader's system is. */
import type { Animation } from './album.ts';

export interface Page {
  readonly title: string;
  /** What the run was, by name. */
  readonly facts: Readonly<Record<string, string>>;
  readonly animation: Animation;
  /** Lines to type. */
  readonly commands: readonly string[];
}

export const pageOf = ({ title, facts, animation, commands }: Page): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#1a1a1a, #e6e6e6); background: light-dark(#fff, #141414); }
img { width: 100%; max-width: 32rem; height: auto; image-rendering: pixelated; border-radius: 4px; }
td { overflow-wrap: anywhere; }
th { text-align: left; font-weight: normal; padding-right: 1.5rem; vertical-align: top;
  color: light-dark(#595959, #a6a6a6); }
pre { overflow-x: auto; padding: 0.75rem; border-radius: 4px; background: light-dark(#f2f2f2, #242424); }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>The same noise after step ${animation.steps[0]} to ${animation.steps[1]}.</p>
<img src="data:image/gif;base64,${Buffer.from(animation.bytes).toString('base64')}" width="${animation.size.width}" height="${animation.size.height}" alt="Examples of the generator while it learns">
<table>
${Object.entries(facts)
  .map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`)
  .join('\n')}
</table>
<p>Make more:</p>
<pre>${escaped(commands.join('\n'))}</pre>
</body>
</html>
`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]);
