import type { FileFault } from './fault.ts';
import { type Expected, type Family, leftIn, type Outcome, wrongBits } from './scenario.ts';
import { type Trained, trainUnderChaos } from './training.ts';

type Part = Pick<Outcome, 'failures' | 'struck'>;

export async function badDisk(scenario: Family<'disk'>, expected: Expected, run: string): Promise<Outcome> {
  const { workers, onSaveError } = scenario;
  const { failures, struck } = await (onSaveError === 'stop'
    ? oneByOne(scenario, run)
    : inOne(scenario, expected, run));
  // Also after a training that went on to its end: what is saved is whole, and the end is known from it.
  const resumed = await trainUnderChaos({ workers, run, resume: true });
  return {
    failures: [...failures, ...wrongBits(resumed, expected.small), ...leftIn(run)],
    struck,
    noticed: [],
    back: [],
  };
}

async function inOne({ workers, files }: Family<'disk'>, expected: Expected, run: string): Promise<Part> {
  const trained = await trainUnderChaos({ workers, files, onSaveError: 'continue', run });
  const said = trained.events.filter(({ kind }) => kind === 'notice').length;
  const refused = trained.chaos.broken[0];
  return {
    failures: [
      ...wrongBits(trained, expected.small),
      ...(said === refused ? [] : [`${refused} writings refused, ${said} times said so`]),
      ...leftIn(run),
    ],
    struck: files.map((fault, index) => struckBy(fault, trained, index)),
  };
}

async function oneByOne({ workers, files }: Family<'disk'>, run: string): Promise<Part> {
  const failures: string[] = [];
  const struck: Outcome['struck'][number][] = [];
  for (const [index, fault] of files.entries()) {
    const isRefused = await trainUnderChaos({ workers, files: [fault], run, resume: index > 0 }).then(
      () => false,
      (error: { kind?: string; message: string }) => {
        if (error.kind !== 'save') failures.push(`another error: ${error.message}`);
        return true;
      },
    );
    struck.push({ kind: fault.kind, point: fault.point, struck: isRefused });
    failures.push(...leftIn(run));
  }
  return { failures, struck };
}

const struckBy = ({ kind, point }: FileFault, { chaos }: Trained, index: number) => ({
  kind,
  point,
  struck: chaos.filesStruck[index] > 0,
});
