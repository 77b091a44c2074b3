/** Trainings that are stopped while their threads load: in a process of its own, which a thread's end could abort. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ended } from '../programs.ts';

test('60 early stops of trainings with 8 workers leave the process alive, no thread, and no late event.', async () => {
  const program = join(import.meta.dirname, '..', '..', 'scripts', 'chaos', 'early-stops.ts');
  const { exitCode, stdout, stderr } = await ended(spawn(process.execPath, [program, '--stops', '60']));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ stops: 60, notStopped: 0, lateEvents: 0, threadsLeft: 0 });
});
