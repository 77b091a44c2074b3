/** The fields of a parsed file, each checked; errors name the first that is missing or of another kind. */
import { inputError } from '../errors.ts';
import { alternatives } from '../shown.ts';

export function integerField(fields: Record<string, unknown>, name: string, least: number, most: number) {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw badField(name, `an integer from ${least} to ${most}`, value);
}

export function sha256Field(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw badField(name, 'a SHA-256 in hexadecimal', value);
}

export function numberField(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badField(name, 'a finite number', value);
}

export function textField(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw badField(name, 'a string', value);
}

export function flagField(fields: Record<string, unknown>, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  throw badField(name, 'true or false', value);
}

export function nameField<Name extends string>(
  fields: Record<string, unknown>,
  name: string,
  names: readonly Name[],
): Name {
  const found = names.find((known) => known === fields[name]);
  if (found !== undefined) return found;
  throw badField(name, alternatives(names), fields[name]);
}

export const badField = (name: string, expected: string, value: unknown) =>
  inputError(`expected "${name}" to be ${expected}, got ${shorten(JSON.stringify(value) ?? 'nothing')}`);

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}...` : text);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const areNames = (names: unknown): names is readonly string[] =>
  Array.isArray(names) && names.every((name) => typeof name === 'string');
