import type { Pass } from '../operation/operation.ts';
import type { Program, Stage } from './program.ts';

/**
 * Examples in, logits out.
 * @param load puts an example where the program's input is
 */
export function runForward(
  program: Pick<Program, 'stages'>,
  pass: Pass,
  count: number,
  load: (example: number) => void,
): void {
  program.stages.forEach((stage, index) => {
    const steps = stage.operations.map(
      (operation): Step => ({
        isByExample: operation.perExample && operation.groupExamples === undefined,
        run: (first, some) => operation.forward(pass, first, some),
      }),
    );
    if (index === 0) steps.unshift({ isByExample: true, run: load });
    for (const group of groupsOf(stage, count)) runSteps(steps, group);
  });
}

/** The logits' gradient in, the parameters' gradient out. */
export function runBackward(program: Pick<Program, 'stages'>, pass: Pass, count: number): void {
  for (const stage of program.stages.toReversed()) {
    const steps = stage.operations.toReversed().map(
      (operation): Step => ({
        isByExample: operation.perExample && operation.backwardByShard !== true,
        run: (first, some) => operation.backward(pass, first, some),
      }),
    );
    for (const range of stage.perExample ? pass.shards : [{ first: 0, count }]) runSteps(steps, range);
  }
}

interface Step {
  readonly isByExample: boolean;
  run(first: number, count: number): void;
}

interface Range {
  readonly first: number;
  readonly count: number;
}

/** The examples of a call, as many at a time as each operation of a stage of images takes. */
function groupsOf({ perExample, operations }: Stage, count: number): Range[] {
  if (!perExample) return [{ first: 0, count }];
  const most = Math.min(...operations.map(({ groupExamples = count }) => groupExamples));
  return Array.from({ length: Math.ceil(count / most) }, (_, group) => ({
    first: group * most,
    count: Math.min(most, count - group * most),
  }));
}

/** Each example passes the steps up to the next one that takes all of them. */
function runSteps(steps: readonly Step[], { first, count }: Range): void {
  const next = steps.findIndex(({ isByExample }) => !isByExample);
  const end = next < 0 ? steps.length : next;
  for (let example = first; example < first + count; example++)
    for (let index = 0; index < end; index++) steps[index].run(example, 1);
  if (next < 0) return;
  steps[next].run(first, count);
  runSteps(steps.slice(next + 1), { first, count });
}
