import { spawn, spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { sandbox, writeImages } from '../../testing/cli/sandbox.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const main = `${import.meta.dirname}/../../src/cli/main.ts`;

/** Runs its arguments, behind a number of columns, on a terminal of its own, and prints what that was sent. */
const onTerminal = `import fcntl, os, pty, struct, sys, termios
columns = sys.argv[1]
child, terminal = pty.fork()
if child == 0:
    if columns: fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
while True:
    try: sent = os.read(terminal, 65536)
    except OSError: break
    if not sent: break
    os.write(1, sent)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))`;

const hasTerminals = spawnSync('python3', ['-c', 'import pty; pty.openpty()']).status === 0;

/** Runs a command in a directory with a small data set, on a terminal of some width. */
async function typed(args: readonly string[], given: NodeJS.ProcessEnv, columns?: number) {
  const { CI: _ci, NO_COLOR: _colour, FORCE_COLOR: _force, ...env } = process.env;
  const wide = columns === undefined ? '' : String(columns);
  const words = ['-c', onTerminal, wide, process.execPath, main, ...args];
  const child = spawn('python3', words, {
    cwd: box.path(),
    env: { ...env, ...given },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return (await ended(child)).stdout;
}

const trained = (run: string) => [
  ...['train', '--data', 'data', '--batch-size', '8', '--workers', '1', '--steps', '4', '--run', run],
];

const withTerminal = test.runIf(hasTerminals);

beforeAll(() => {
  writeImages(box, 'data');
});

const escapeCode = '\u001B[';
const colour = /\p{Cc}\[\d+m/u;

withTerminal.each([
  ['a terminal that knows nothing', { TERM: 'dumb' }],
  ["a CI's terminal", { TERM: 'xterm', CI: 'true' }],
])('%s is sent no escape code by any command.', async (name, given) => {
  const sent = await typed(trained(name), given);
  expect(sent).toContain('global_step: 4}');
  const others = [
    await typed(['evaluate', '--run', name, '--workers', 'x'], given),
    await typed(['--help'], given),
  ];
  for (const text of [sent, ...others]) expect(text).not.toMatch(/[^\P{Cc}\r\n]/u);
});

withTerminal(
  'a terminal has a line that says how far the training is, in colour, and nothing of it is left.',
  async () => {
    const sent = await typed(trained('wide'), { TERM: 'xterm-256color' }, 120);
    expect(sent).toMatch(/reading the data \.\.\./);
    expect(sent).toMatch(
      /epoch 1\/1 {2}step \d\/4 .*% {2}loss [\d.]+ {2}accuracy [\d.]+ {2}[\d,]+ img\/s {2}\d+:\d\d left/,
    );
    expect(sent).toMatch(colour);
  },
);

withTerminal('NO_COLOR takes the colours away, and --quiet the line and all but the result.', async () => {
  const sent = await typed(trained('colourless'), { TERM: 'xterm-256color', NO_COLOR: '1' }, 120);
  expect(sent).toContain(escapeCode);
  expect(sent).not.toMatch(colour);
  const quiet = await typed([...trained('quiet'), '--quiet'], { TERM: 'xterm' });
  expect(quiet).toMatch(/^\{accuracy: [\d.]+, loss: [\d.]+, global_step: 4\}\r\n$/);
});

withTerminal.each([[30], [60], [80]])(
  'in a window of %i columns no line of the progress is wider.',
  async (columns) => {
    const sent = await typed(trained(`narrow-${columns}`), { TERM: 'xterm', NO_COLOR: '1' }, columns);
    const lines = sent.split(/[\r\n]/).filter((line) => /step \d\/4 {2}/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line.replaceAll(/\p{Cc}\[[\d;?]*[a-zA-Z]/gu, '').length).toBeLessThan(columns);
  },
);
