import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { firstDigits } from '../digits.ts';
import type { Fault } from './fault.ts';
import { type Expected, type Family, leftIn, type NetworkName, type Outcome, wrongBits } from './scenario.ts';
import { smallData, smallOptions, type Trained, trainUnderChaos } from './training.ts';

/** Three epochs of the tutorial's network take as long as ten of the small one. */
export const stepsOf: Record<NetworkName, number> = { small: smallOptions.steps, tutorial: 18 };

export async function threadFaults(
  { workers, faults, network }: Family<'threads'>,
  expected: Expected,
  run: string,
): Promise<Outcome> {
  const trained = await trainUnderChaos({ workers, faults, run, ...(await optionsOf(network)) });
  const struck = faults.map(({ kind, point }, index) => ({
    kind,
    point,
    struck: trained.chaos.struck[index] > 0,
  }));
  const bits = network === 'small' ? expected.small : await expected.tutorial();
  return { failures: [...wrongBits(trained, bits), ...leftIn(run)], struck, ...times(trained) };
}

/**
 * All that was trained is saved in need, where the coordinator's thread still runs; else there is the last checkpoint.
 * Step 9 is the first one that cannot be done, checkpoints come with each fourth.
 */
export async function noWorkerLeft(
  { workers, faults, dies }: Family<'no worker left'>,
  expected: Expected,
  run: string,
): Promise<Outcome> {
  const options = { workers, faults, run, maxRestarts: 2, saveEvery: dies ? 4 : 0 };
  const error = await trainUnderChaos(options).then(() => 'none', String);
  const wanted = dies
    ? /coordinator's thread ended before its work was done: .+ resume the run with `resume`/
    : /^GradpoolError: .+; all up to step 8 is saved, go on with `resume`$/;
  const failures = wanted.test(error) ? [] : [`another error: ${error}`];
  const struck = faults.map(({ kind, point }) => ({
    kind: `no worker left: ${kind}`,
    point,
    struck: error !== 'none',
  }));
  if (!dies) failures.push(...leftIn(run));
  const resumed = await trainUnderChaos({ workers, run, resume: true });
  const from = resumed.events.find((event) => event.kind === 'start')?.fromStep;
  if (from !== 8) failures.push(`it went on from step ${from}`);
  return {
    failures: [...failures, ...wrongBits(resumed, expected.small), ...leftIn(run)],
    struck,
    noticed: [],
    back: [],
  };
}

/** As many digits as the small data set has examples: the same uneven last batch. */
export async function optionsOf(network: NetworkName) {
  if (network === 'small') return {};
  return { model: mnistCnnSpec(), data: await firstDigits(smallData.count), steps: stepsOf.tutorial };
}

/**
 * Of each death by a fault that comes at once: hangs are noticed by a deadline, and when a heap is exhausted is not
 * known. Of several at once the first news of a worker is counted for the first death.
 */
function times({ chaos, events }: Trained): Pick<Outcome, 'noticed' | 'back'> {
  const news = events.filter((event) => event.kind === 'worker');
  const deaths = chaos.faults.flatMap((fault, index) =>
    // Of two that are to strike the same task the first one ends it.
    isSudden(fault) && chaos.struckAt[index] > 0 ? [chaos.struckAt[index]] : [],
  );
  const noticed: number[] = [];
  const back: number[] = [];
  let heard = -1;
  for (const death of deaths.sort((a, b) => a - b)) {
    heard = news.findIndex(({ state, at }, index) => index > heard && state === 'lost' && at >= death - 1);
    if (heard < 0) break;
    noticed.push(news[heard].at - death);
    const again = news.find(
      ({ state, worker }, index) => index > heard && state === 'back' && worker === news[heard].worker,
    );
    if (again !== undefined) back.push(again.at - death);
  }
  return { noticed, back };
}

const isSudden = ({ kind }: Fault): boolean =>
  ['throw', 'exit', 'terminate', 'WebAssembly trap'].includes(kind);

export async function lastingNaN(
  { workers, steps, onNan }: Family<'NaN lasting'>,
  expected: Expected,
  run: string,
): Promise<Outcome> {
  const struck = steps.map((step) => ({
    kind: `NaN lasting, ${onNan}`,
    point: `step ${step}`,
    struck: true,
  }));
  const failures =
    onNan === 'skip'
      ? await skippedSteps(workers, steps, expected)
      : await refusedSteps(workers, steps, expected, run);
  return { failures, struck, noticed: [], back: [] };
}

async function skippedSteps(workers: number, steps: readonly number[], expected: Expected) {
  const trained = await trainUnderChaos({ workers, faults: steps.map(nanAlways), onNan: 'skip' });
  const isRight = trained.result.skippedSteps.join() === steps.join();
  return [
    ...(isRight ? [] : [`it left out the steps ${trained.result.skippedSteps}`]),
    ...wrongBits(trained, await expected.skipped(steps)),
  ];
}

/** Each ends the training with an error; the next one goes on from its last checkpoint. */
async function refusedSteps(workers: number, steps: readonly number[], expected: Expected, run: string) {
  const failures: string[] = [];
  for (const [index, step] of steps.entries())
    try {
      await trainUnderChaos({ workers, faults: [nanAlways(step)], onNan: 'stop', run, resume: index > 0 });
      failures.push(`step ${step}: an update that is not finite was made`);
    } catch (error) {
      if (!new RegExp(`in step ${step}, shard \\d`).test((error as Error).message)) failures.push(`${error}`);
    }
  failures.push(...leftIn(run));
  const resumed = await trainUnderChaos({ workers, run, resume: true });
  return [...failures, ...wrongBits(resumed, expected.small), ...leftIn(run)];
}

/** In every gradient of a step, however often. */
export const nanAlways = (step: number): Fault => ({
  ...{ kind: 'NaN once', point: `step ${step}`, task: 'gradient', step, nth: 1, times: 1000 },
  when: 'before',
});
