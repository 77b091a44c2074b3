/** Results go to standard output; notices, errors and the status line to standard error. */
import type { Command } from 'commander';
import { nameOptionsAsTyped } from './options.ts';
import { printable } from './printable.ts';
import { statusLine } from './status-line.ts';

let running: Command | undefined;

/** From here on notices and errors name options as this command has them. A process runs one command. */
export function speakOf(command: Command): void {
  running = command;
}

/** A message from the rest of the program in the words of who typed the command. */
export const asTyped = (message: string): string =>
  running === undefined ? message : nameOptionsAsTyped(message, running);

/** A line of the result. */
export function print(line: string): void {
  statusLine.clear();
  process.stdout.write(`${printable(line)}\n`);
}

/** A line that the user should read, but that is no result. */
export function notice(line: string): void {
  statusLine.clear();
  process.stderr.write(`gradpool: ${printable(asTyped(line))}\n`);
}

/** The line that says why a command failed. */
export function printErrorLine(line: string): void {
  statusLine.clear();
  process.stderr.write(`error: ${printable(line)}\n`);
}

/** Lines to find a fault by: a stack and causes. */
export function printDetails(text: string): void {
  for (const line of text.split('\n')) process.stderr.write(`${printable(line)}\n`);
}

/** As the tutorial prints a result: `{accuracy: 0.9893, loss: 0.0321, global_step: 1200}`. */
export const asDictionary = (fields: Readonly<Record<string, string | number>>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')}}`;

/** `60,000` */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Five significant digits, as many as float32 sums carry and nobody reads more. */
export const short = (value: number): string => `${Number(value.toPrecision(5))}`;
