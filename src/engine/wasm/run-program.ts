import type { Pass } from './operation.ts';
import type { Program, Stage } from './program.ts';

/**
 * Examples in, logits out.
 * @param load puts an example where the program's input is
 */
export function runForward(
  program: Program,
  pass: Pass,
  count: number,
  load: (example: number) => void,
): void {
  program.stages.forEach((stage, index) => {
    if (index === 0 && !stage.perExample) for (let example = 0; example < count; example++) load(example);
    inStage(stage, count, (first, some) => {
      if (index === 0 && stage.perExample) load(first);
      for (const operation of stage.operations) operation.forward(pass, first, some);
    });
  });
}

/** The logits' gradient in, the parameters' gradient out. */
export function runBackward(program: Program, pass: Pass, count: number): void {
  for (const stage of program.stages.toReversed())
    inStage(stage, count, (first, some) => {
      for (let index = stage.operations.length - 1; index >= 0; index--)
        stage.operations[index].backward(pass, first, some);
    });
}

function inStage(stage: Stage, count: number, run: (first: number, count: number) => void): void {
  if (!stage.perExample) run(0, count);
  else for (let example = 0; example < count; example++) run(example, 1);
}
