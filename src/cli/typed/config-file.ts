/** `--config FILE`: a command's options by their names, in YAML or JSON. */
import { basename, dirname, resolve } from 'node:path';
import type { Command, Option as CommandOption } from 'commander';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { type Check, flag, nearest, unexpected } from '../../check.ts';
import { firstLineOf, usageError } from '../../errors.ts';
import { readBoundedFile } from '../../files/open-file.ts';
import { shown } from '../../shown.ts';
import { configurable, kindOf, type OptionKind } from './option-kinds.ts';

/** It is longer nowhere. */
const mostBytes = 2 ** 20;

/**
 * Gives a command what its `--config` says, where nothing else was typed. Where such a value comes from is then its
 * source, which messages name (`nameOptionsAsTyped`).
 * @throws GradpoolError of kind 'usage' that names file and line for what does not parse, is no option or of another
 *   type; of kind 'input' for a file that cannot be read
 */
export async function takeConfigFile(command: Command): Promise<void> {
  const file = command.getOptionValue('config') as string;
  const settings = settingsIn(file, await readBoundedFile(file, mostBytes), command);
  for (const { option, value, where } of settings) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === 'cli') continue;
    // Its place first, for the messages of the check.
    command.setOptionValueWithSource(name, value, where);
    command.setOptionValueWithSource(name, checkedValue(option, value, dirname(file)), where);
  }
  // Whoever repeats the command repeats the options.
  command.setOptionValue('config', undefined);
}

interface Setting {
  readonly option: CommandOption;
  readonly value: unknown;
  /** File and line, for messages. */
  readonly where: string;
}

function settingsIn(file: string, bytes: Uint8Array, command: Command): Setting[] {
  const seen = new Map<CommandOption, string>();
  return entriesOf(file, bytes).flatMap(({ name, value, line }) => {
    const where = `${basename(file)}, line ${line}`;
    // By which editors find the schema.
    if (name === '$schema') return [];
    const option = optionNamed(name, command, where);
    const before = seen.get(option);
    if (before !== undefined)
      throw usageError(`${where}: expected each option once, got "${before}" and "${name}"`);
    seen.set(option, name);
    return value === null ? [] : [{ option, where, value }];
  });
}

function optionNamed(name: string, command: Command, where: string): CommandOption {
  const options = configurable(command.options);
  const found = options.find((option) => [option.attributeName(), option.long?.slice(2)].includes(name));
  if (found !== undefined) return found;
  const near = nearest(
    name,
    options.map((option) => option.attributeName()),
  );
  const meant =
    near === undefined ? `; \`gradpool ${command.name()} --help\` lists them` : `; did you mean "${near}"?`;
  throw usageError(
    `${where}: expected the name of an option of \`${command.name()}\`, got ${shown(name)}${meant}`,
  );
}

interface Entry {
  readonly name: string;
  /** Plain data; null where nothing stands there. */
  readonly value: unknown;
  readonly line: number;
}

/** The names and values of a mapping, in YAML or in JSON, which is YAML too. */
function entriesOf(file: string, bytes: Uint8Array): Entry[] {
  const lines = new LineCounter();
  const lineAt = (place: number): number => lines.linePos(place).line;
  const text = parsed(file, () => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw notParsed(`${basename(file)}, line ${lineAt(problem.pos[0])}`, problem);
  const { contents } = document;
  if (contents === null) return [];
  if (!isMap(contents)) {
    const got = parsed(file, () => document.toJS());
    if (got === null) return [];
    throw usageError(`${basename(file)}: expected options by their names, like "seed: 7", got ${shown(got)}`);
  }
  return contents.items.map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : String(key),
    value: parsed(file, () => (value as { toJS?(of: unknown): unknown } | null)?.toJS?.(document) ?? null),
    line: lineAt((key as { range?: readonly number[] }).range?.[0] ?? 0),
  }));
}

function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw notParsed(basename(file), error);
  }
}

const notParsed = (where: string, reason: unknown) =>
  usageError(`${where}: expected YAML or JSON, got what does not parse: ${firstLineOf(reason)}`);

/** The value as it would be if it was typed; its range is checked with those that were. */
function checkedValue(option: CommandOption, value: unknown, directory: string): unknown {
  const kind = kindOf(option);
  const given = isList(kind) && typeof value === 'string' ? option.parseArg?.(value, undefined) : value;
  checks[kind.type](given, option.attributeName());
  const isPath = kind.type === 'list' ? kind.of === 'file' : ['file', 'directory'].includes(kind.type);
  if (!isPath) return given;
  // From where the file lies, so that it means the same wherever it is used.
  const absolute = (path: unknown) => resolve(directory, path as string);
  return Array.isArray(given) ? given.map(absolute) : absolute(given);
}

const isList = ({ type }: OptionKind): boolean => checks[type] === list;

const text: Check = (value, name) => {
  if (typeof value !== 'string') throw unexpected(name, 'a text', value, 'put it in quotes');
};

const number: Check = (value, name) => {
  if (typeof value !== 'number') throw unexpected(name, 'a number', value);
};

const list: Check = (value, name) => {
  if (!Array.isArray(value)) throw unexpected(name, 'a list', value);
  for (const item of value)
    if (typeof item === 'object') throw unexpected(name, 'a list of names or numbers', value);
};

const checks: Readonly<Record<OptionKind['type'], Check>> = {
  ...{ flag, integer: number, number, name: text, names: list },
  ...{ text, file: text, directory: text, list },
};
