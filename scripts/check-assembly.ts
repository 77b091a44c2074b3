/**
 * Lints or type-checks the AssemblyScript of the kernels with what the rest of the project is checked with:
 * `check-assembly.ts lint [--write]` or `check-assembly.ts types`. AssemblyScript decorates functions, which neither
 * Biome nor TypeScript can read: they are given a copy in build/ in which these decorators are comments.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelVariants } from '../src/kernels/variants.ts';
import { assemblyPath, generatedModules, readAssembly, type Sources } from './kernel-sources.ts';

const root = join(import.meta.dirname, '..');
const sources = readAssembly(root);

const asComments = (text: string): string => text.replaceAll(/^@inline$/gm, '// @inline');
const asFunctionDecorators = (text: string): string => text.replaceAll(/^\/\/ @inline$/gm, '@inline');

const [what, ...args] = process.argv.slice(2);
const copy = join(root, 'build', `assembly-${what}`);
rmSync(copy, { recursive: true, force: true });
process.exitCode = what === 'lint' ? lint() : types();
rmSync(copy, { recursive: true, force: true });

/** Formats too. With --write, what could be put right is put right in the sources. */
function lint(): number {
  put(sources);
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  const includes = config.files.includes.filter((pattern: string) => pattern !== `!${assemblyPath}`);
  writeFileSync(
    join(copy, 'biome.json'),
    JSON.stringify({ ...config, vcs: { enabled: false }, files: { includes } }),
  );
  const code = run('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', ...args, 'src');
  for (const [name, text] of Object.entries(sources)) {
    const checked = asFunctionDecorators(readFileSync(join(copy, assemblyPath, name), 'utf8'));
    if (checked !== text) writeFileSync(join(root, assemblyPath, name), checked);
  }
  return code;
}

/** With AssemblyScript's own types; what the compiler knows besides (widths of integers, say) it says when it compiles. */
function types(): number {
  put({ ...sources, ...generatedModules(kernelVariants[0]) });
  const config = { extends: join(root, assemblyPath, 'tsconfig.json'), include: ['*.ts'] };
  writeFileSync(join(copy, assemblyPath, 'tsconfig.json'), JSON.stringify(config));
  return run('typescript/bin/tsc', '--noEmit', '--project', join(assemblyPath, 'tsconfig.json'), ...args);
}

function put(texts: Sources): void {
  mkdirSync(join(copy, assemblyPath), { recursive: true });
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(copy, assemblyPath, name), asComments(text));
}

/** In the copy, so that the paths of messages are those of the project. */
function run(program: string, ...programArgs: string[]): number {
  const command = [join(root, 'node_modules', program), ...programArgs];
  return spawnSync(process.execPath, command, { cwd: copy, stdio: 'inherit' }).status ?? 1;
}
