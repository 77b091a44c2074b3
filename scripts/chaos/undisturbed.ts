/** The same training in another process, to which nothing is done: it keeps pace, so that both can be compared at the end. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { end, startTutorial, weightsSha256 } from '../../testing/chaos/command-line.ts';

export interface Undisturbed {
  /** The other one has made so many steps. */
  keepPace(step: number): void;
  /** @returns the SHA-256 of its parameters after so many steps */
  parametersAfter(steps: number): Promise<string>;
}

const settings = (steps: number) => ['--steps', `${steps}`, '--save-every', '100', '--eval-every', '0'];

/** So far ahead of the other one it waits: of its checkpoints the newest five stay, and one of them is gone on from. */
const mostAhead = 200;

export function trainUndisturbed(run: string): Undisturbed {
  let [saved, other, isOver] = [0, 0, false];
  const child = startTutorial(2, run, settings(1_000_000));
  const ended = end(child, (line) => {
    saved = Number(/^step (\d+): saved/.exec(line)?.[1] ?? saved);
    if (!isOver && saved > other + mostAhead) child.kill('SIGSTOP');
  });
  return {
    keepPace(step) {
      other = step;
      if (saved <= other) child.kill('SIGCONT');
    },
    async parametersAfter(steps) {
      isOver = true;
      child.kill('SIGCONT');
      child.kill('SIGINT');
      await ended;
      const checkpoints = join(run, 'checkpoints');
      for (const name of readdirSync(checkpoints))
        if (Number(name.slice('step-'.length)) > steps) rmSync(join(checkpoints, name), { recursive: true });
      const { code, output } = await end(startTutorial(2, run, [...settings(steps), '--resume']));
      if (code !== 0)
        throw new Error(`Expected the undisturbed training to end well, got ${code}: ${output}`);
      return weightsSha256(run).split(' ')[1];
    },
  };
}
