/** Writes what comes from the options' descriptions, the README's table and schema/: `node scripts/option-table.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram } from '../src/cli/program.ts';
import { configSchemas } from './config-schema.ts';

const readme = join(import.meta.dirname, '..', 'README.md');
const head = '| option of `train` | default | |\n| --- | --- | --- |\n';

/** A row for each option, as the command line itself describes them. */
export function optionTable(): string {
  const [train] = createProgram().commands;
  const rows = train.options.map(({ flags, description }) => {
    const [, said, byDefault] = /^(.*?)(?: \(default: ([^()]*)\))?$/.exec(description) ?? [];
    return `| \`${flags}\` | ${byDefault ?? ''} | ${said} |`;
  });
  return `${head}${rows.join('\n')}\n`;
}

/** The README with the table of now in the place of its own. */
export function withOptionTable(text: string): string {
  const start = text.indexOf(head);
  const end = text.indexOf('\n\n', start) + 1;
  return `${text.slice(0, start)}${optionTable()}${text.slice(end)}`;
}

if (import.meta.main) {
  writeFileSync(readme, withOptionTable(readFileSync(readme, 'utf8')));
  for (const [name, text] of Object.entries(configSchemas()))
    writeFileSync(join(import.meta.dirname, '..', 'schema', name), text);
}
