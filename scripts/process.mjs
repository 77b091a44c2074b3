/** Child processes that live and end with this one. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Those that ask a program to end. */
const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program on this process's terminal and hands each signal on to it.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} its exit code; 128 and the signal's number when a signal ended it
 */
export function run(program, args, cwd) {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  return ending(child, (signal) => child.kill(signal));
}

/**
 * Runs a program and keeps what it prints. A signal ends it and all its children, then this process: they have
 * no terminal and would go on unseen.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {number} [milliseconds] after which it is ended, if given
 * @returns {Promise<{ code: number, output: string }>} code 127, as a shell says it, when it could not be started
 * @throws {Error} named StoppedError, with the exit `code` for it, after a signal
 */
export async function runQuietly(program, args, cwd, milliseconds) {
  const ownGroup = process.platform !== 'win32';
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: ownGroup });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    if (!ownGroup || !endGroup(child.pid, signal)) child.kill(signal);
  };
  const limit = milliseconds === undefined ? undefined : setTimeout(end, milliseconds, 'SIGKILL');
  const code = await ending(child, (signal) => {
    stoppedBy = signal;
    end(signal);
  }).catch((error) => {
    output += error.message;
    return 127;
  });
  clearTimeout(limit);
  if (stoppedBy)
    throw Object.assign(new Error(`Stopped by ${stoppedBy}`), {
      name: 'StoppedError',
      code: exitCode(stoppedBy),
    });
  return { code, output };
}

/** @returns {boolean} false when there is no such group any more */
function endGroup(/** @type {number | undefined} */ leader, /** @type {NodeJS.Signals} */ signal) {
  try {
    return leader !== undefined && process.kill(-leader, signal);
  } catch {
    return false;
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {(signal: NodeJS.Signals) => void} onSignal
 * @returns {Promise<number>}
 */
function ending(child, onSignal) {
  for (const signal of signals) process.on(signal, onSignal);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ? exitCode(signal) : (code ?? 1)));
  }).finally(() => {
    for (const signal of signals) process.off(signal, onSignal);
  });
}

const exitCode = (/** @type {NodeJS.Signals} */ signal) => 128 + constants.signals[signal];
