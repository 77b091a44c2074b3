/** Output that cannot be written: the work goes on without it, and the exit code says so. */
import { printable } from './printable.ts';

let lost = false;

/** To be called before anything is printed. */
export function watchOutput(): void {
  process.stdout.on('error', (error) => onError(error, 'standard output'));
  process.stderr.on('error', (error) => onError(error, 'standard error'));
  process.on('exit', (code) => {
    if (code === 0 && lost) process.exitCode = 1;
  });
}

/** `| head` closes the pipe early: what is left to say goes unsaid. A full disk is an error, but not of the work. */
function onError(error: NodeJS.ErrnoException, name: string): void {
  if (error.code === 'EPIPE' || lost) return;
  lost = true;
  process.stderr.write(
    `error: Could not write to ${name}: ${printable(error.message)}; what is said there is lost, the work goes on\n`,
  );
}
