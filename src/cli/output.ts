/** Results go to standard output; notices, errors and the status line to standard error. */
import type { Command } from 'commander';
import { nameOptionsAsTyped } from './options.ts';
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
  process.stdout.write(`${line}\n`);
}

/** A line that the user should read, but that is no result. */
export function notice(line: string): void {
  statusLine.clear();
  process.stderr.write(`gradpool: ${asTyped(line)}\n`);
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

/** How this program was started, to begin the commands that it suggests with. */
export function ownCommand(): string {
  return process.env.npm_lifecycle_event === 'start' ? 'npm start --' : 'npx gradpool';
}

/** As a word of a shell's command line. */
export const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
