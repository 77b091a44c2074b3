/** Results go to standard output; notices, errors and the status line to standard error. */
import type { Command } from 'commander';
import type { Measurement } from '../../protocol/requests.ts';
import { nameOptionsAsTyped } from './option-names.ts';
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

/** `60,000`, of a whole number. Its locale would take `toLocaleString` 25 ms to load. */
export const count = (value: number): string =>
  `${value}`.replace(/\B(?=(\d{3})+$)/g, ',').replace('Infinity', '∞');

/** Five significant digits, as many as float32 sums carry and nobody reads more. */
export const short = (value: number): string => `${Number(value.toPrecision(5))}`;

/** Each value by `short`. */
export const shortened = (values: Readonly<Record<string, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, short(value)]));

/** An evaluation as names and values: the accuracy, the loss, and the metrics that were asked for besides; then those of the parameters' average. */
export function measuresOf({ accuracy, loss, metrics, ema }: Measurement): Record<string, number> {
  const average = Object.entries(ema === undefined ? {} : measuresOf(ema));
  return {
    ...{ ...(accuracy === undefined ? {} : { accuracy }), loss, ...metrics },
    ...Object.fromEntries(average.map(([name, value]) => [`ema_${name}`, value])),
  };
}
