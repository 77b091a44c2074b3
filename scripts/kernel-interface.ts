/**
 * Writes the TypeScript side of the kernels from their AssemblyScript sources: an interface of the exported functions,
 * and the structs that they take. Pure: from texts to text. scripts/build-kernels.ts calls it.
 */
import type { Sources } from './kernel-sources.ts';

/** What is written, by file name in src/kernels. */
export const interfaceTexts = (sources: Sources): Readonly<Record<string, string>> => ({
  'kernels.ts': kernelsText(sources),
  'structs.ts': structsText(sources),
});

const written = (what: string): string =>
  `/** ${what}, as assembly/ declares them. Written by scripts/build-kernels.ts: do not change it here. */`;

/** What the module exports. */
function kernelsText(sources: Sources): string {
  const structNames = new Set(structsOf(sources).map(({ name }) => name));
  const members = exportedModules(sources).flatMap((file) => {
    const functions = [...sources[file].matchAll(functionForm)];
    return functions.length === 0
      ? []
      : [`  // assembly/${file}`, ...functions.map((match) => member(match, structNames))];
  });
  const used = [...structNames].filter((name) => members.some((text) => text.includes(`<${name}>`))).sort();
  return [
    written("The WebAssembly module's functions"),
    "import type { Address, AddressOf } from './struct.ts';",
    importLine(used, './structs.ts'),
    '',
    'export interface Kernels {',
    members.join('\n'),
    '}',
    '',
  ].join('\n');
}

/** The files that index.ts exports. */
const exportedModules = (sources: Sources): string[] =>
  [...sources['index.ts'].matchAll(/^export \* from '\.\/(.+)';$/gm)].map(([, name]) => `${name}.ts`);

const doc = String.raw`(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?`;
const functionForm = new RegExp(`${doc}export function (\\w+)\\(([^)]*)\\): (\\w+) {`, 'g');

/** A function as a member of the interface. */
function member(
  [, comment, name, parameters, result]: RegExpMatchArray,
  structs: ReadonlySet<string>,
): string {
  const typed = namesAndTypes(parameters, ',').map(
    ([parameter, type]) => `${parameter}: ${parameterType(type, structs)}`,
  );
  const line = `  ${name}(${typed.join(', ')}): ${resultType(result)};`;
  const lines =
    line.length <= lineWidth
      ? [line]
      : [`  ${name}(`, ...typed.map((one) => `    ${one},`), `  ): ${resultType(result)};`];
  return [...indented(comment), ...lines].join('\n');
}

const lineWidth = 110;

const indented = (comment: string | undefined): string[] =>
  comment === undefined
    ? []
    : comment
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`);

/** `a: i32, b: usize` or the fields of a class. */
const namesAndTypes = (text: string, separator: ',' | ';'): (readonly [string, string])[] =>
  text
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => one.split(': '))
    .map(([name, type]) => [name, type] as const);

function parameterType(type: string, structs: ReadonlySet<string>): string {
  if (structs.has(type)) return `AddressOf<${type}>`;
  if (type === 'bool') return 'boolean';
  return numberType(type);
}

/** A bool comes back as a number. */
const resultType = (type: string): string =>
  type === 'void' ? 'void' : type === 'bool' ? '0 | 1' : numberType(type);

function numberType(type: string): string {
  if (type === 'usize') return 'Address';
  if (['i32', 'u32', 'f32', 'f64'].includes(type)) return 'number';
  throw new Error(
    `Expected the kernels to take and give i32, u32, f32, f64, bool, usize or a struct, got ${type}; teach scripts/kernel-interface.ts`,
  );
}

/** A class without a header, which lies in memory field after field. */
interface Struct {
  readonly name: string;
  readonly comment: string | undefined;
  readonly base: string | undefined;
  readonly fields: readonly Field[];
}

interface Field {
  readonly name: string;
  readonly comment: string | undefined;
  readonly type: string;
}

const structForm = new RegExp(
  `${doc}@unmanaged\\n(?:export )?class (\\w+)(?: extends (\\w+))? {\\n([\\s\\S]*?)\\n}`,
  'g',
);
const fieldForm = /((?: *\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?) {2}(\w+): (\w+);/g;

/** Those that others extend before those. */
function structsOf(sources: Sources): Struct[] {
  return Object.keys(sources)
    .sort()
    .flatMap((file) => [...sources[file].matchAll(structForm)])
    .map(([, comment, name, base, body]) => ({
      name,
      comment,
      base,
      fields: [...body.matchAll(fieldForm)].map(([, own, field, type]) => ({
        name: field,
        comment: own === '' ? undefined : own.replaceAll(/^ {2}/gm, ''),
        type,
      })),
    }))
    .sort((a, b) => Number(a.base !== undefined) - Number(b.base !== undefined));
}

/** Each struct's fields, and where they lie. */
function structsText(sources: Sources): string {
  const structs = structsOf(sources);
  const names = structs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Expected the name of each struct once, got ${twice} twice`);
  return [
    written('The structs that kernels take'),
    "import { type Address, type AddressOf, layoutOf } from './struct.ts';",
    ...structs.flatMap((struct) => ['', ...interfaceText(struct, new Set(names)), '', ...layoutText(struct)]),
    '',
  ].join('\n');
}

function interfaceText({ name, comment, base, fields }: Struct, structs: ReadonlySet<string>): string[] {
  const head = `export interface ${name}${base === undefined ? '' : ` extends ${base}`} {`;
  const lines = fields.flatMap((field) => [
    ...indented(field.comment),
    `  readonly ${field.name}: ${parameterType(field.type, structs)};`,
  ]);
  return [
    ...(comment === undefined ? [] : [comment.trimEnd()]),
    ...(lines.length === 0 ? [`${head}}`] : [head, ...lines, '}']),
  ];
}

function layoutText({ name, base, fields }: Struct): string[] {
  const constant = `export const ${layoutName(name)} = layoutOf<${name}>(`;
  const own = fields.map((field) => `${field.name}: '${scalars.has(field.type) ? field.type : 'usize'}'`);
  const all = base === undefined ? own : [`...${layoutName(base)}.types`, ...own];
  const line = `${constant}{ ${all.join(', ')} });`;
  return line.length <= lineWidth ? [line] : [`${constant}{`, ...all.map((one) => `  ${one},`), '});'];
}

const scalars: ReadonlySet<string> = new Set(['i32', 'u32', 'f32', 'f64', 'usize']);

const layoutName = (name: string): string => `${name[0].toLowerCase()}${name.slice(1)}Layout`;

const importLine = (names: readonly string[], from: string): string => {
  const line = `import type { ${names.join(', ')} } from '${from}';`;
  return line.length <= lineWidth
    ? line
    : ['import type {', ...names.map((name) => `  ${name},`), `} from '${from}';`].join('\n');
};
