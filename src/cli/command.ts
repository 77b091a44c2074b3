/** Runs a command line. Light on purpose: a command's own code is loaded when it runs. */
import { inspect } from 'node:util';
import { type Command, CommanderError } from 'commander';
import { type ErrorKind, GradpoolError, messageOf } from '../errors.ts';
import { enableWideKernels } from '../runtime/wide-kernels.ts';
import { asTyped, printDetails, printErrorLine, speakOf } from './print/output.ts';
import { createProgram } from './program.ts';

const exitCodes: Record<ErrorKind, number> = { usage: 2, save: 74, input: 1, internal: 1 };

/** The exit code is 0, 2 for what the command line alone shows to be wrong, 74 for a disk that refuses, 1 for everything else, 128 + a signal's number. */
export async function runCommand(args: string[]): Promise<number> {
  const program = createProgram();
  let running = program;
  program.hook('preAction', async (_, command) => {
    running = command;
    speakOf(command);
    if (command.getOptionValue('config') !== undefined)
      await (await import('./typed/config-file.ts')).takeConfigFile(command);
    const { simd = 'auto' } = command.opts();
    if (simd === 'auto' || simd === 'wide') enableWideKernels();
  });
  try {
    await program.parseAsync(withDefaultCommand(args), { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error, running);
  }
}

/** `gradpool --workers 8` trains; a first word that is no option is a command. */
function withDefaultCommand(args: string[]): string[] {
  const [first = '-'] = args;
  const forProgram = ['--help', '-h', '--version', '-V'].includes(first);
  return first.startsWith('-') && !forProgram ? ['train', ...args] : args;
}

function report(error: unknown, command: Command): number {
  // It has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const foreseen = error instanceof GradpoolError && error.kind !== 'internal';
  const message = messageOf(error);
  const hint = foreseen ? '' : ' (this should not happen; --verbose says where)';
  printErrorLine(`${asTyped(message)}${hint}`);
  if (command.opts().verbose === true) printDetails(inspect(error));
  return foreseen ? exitCodes[error.kind] : 1;
}
