/** Entry of the command line. Light on purpose: a command's own code is loaded when it runs. */
import { type Command, CommanderError } from 'commander';
import { type ErrorKind, GradpoolError, messageOf } from '../errors.ts';
import { enableWideKernels } from '../wide-kernels.ts';
import { asTyped, speakOf } from './output.ts';
import { createProgram } from './program.ts';
import { statusLine } from './status-line.ts';

const exitCodes: Record<ErrorKind, number> = { usage: 2, save: 74, input: 1, internal: 1 };

for (const stream of [process.stdout, process.stderr]) stream.on('error', onBrokenOutput);
await main(process.argv.slice(2));

/** The exit code is 0, 2 for what the command line alone shows to be wrong, 74 for a disk that refuses, 1 for everything else, 128 + a signal's number. */
async function main(args: string[]): Promise<void> {
  const program = createProgram();
  let running = program;
  program.hook('preAction', (_, command) => {
    running = command;
    speakOf(command);
    const { simd = 'auto' } = command.opts();
    if (simd === 'auto' || simd === 'wide') enableWideKernels();
  });
  try {
    await program.parseAsync(withDefaultCommand(args), { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, running);
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
  statusLine.clear();
  console.error(`error: ${oneLine(asTyped(message))}${hint}`);
  if (command.opts().verbose === true) console.error(error);
  return foreseen ? exitCodes[error.kind] : 1;
}

/** File names and other people's messages can hold line ends and terminal commands. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** `| head` closes the pipe early: what is left to say goes unsaid, a training goes on. A full disk is an error. */
function onBrokenOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`error: Could not write the output: ${error.message}\n`);
  process.exit(1);
}
