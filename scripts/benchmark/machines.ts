/**
 * Two machines of one core each, made of network namespaces (as root, with Open MPI, iproute2 and /dev/net/tun):
 *
 *   node scripts/benchmark/machines.ts [--rounds 3] [--seconds 4] [--only veth,delay]
 *
 * Trains the tutorial's network (batch 100) on 1, 2 and 4 ranks, 2 also as they begin over a slow link, and by PyTorch's
 * DistributedDataParallel, over links of several speeds, in interleaved rounds; prints images a second, the parts of a step, and a model of more machines. The
 * kernel of a machine may lack netem: rates are tbf's, and delays a program's that carries the packets, which costs both
 * cores some time. Sets up PyTorch first, in a cache of the user.
 */
import { parseArgs } from 'node:util';
import { median, spread } from '../../src/benchmark/statistics.ts';
import { whyNoMachines } from '../../testing/exchange/machines.ts';
import { distributedDataParallel, endJobs, gradpool, type Measured, startJob } from '../machines/jobs.ts';
import { byDelay, byVeth, type Linked, type Speed } from '../machines/links.ts';
import { leastBatch, type MeasuredParts, stepTime } from '../machines/model.ts';
import type { Parts } from '../machines/parts.ts';
import { setUpPython } from '../python-environment.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: 'veth,delay' },
  },
});
const why = whyNoMachines();
if (why !== undefined) throw new Error(`No machines can be made up here: ${why}`);
const python = await setUpPython({ folder: 'peers', size: 'some gigabytes' }, console.error);
const others =
  'path' in python
    ? ['contiguous', 'channels_last'].map((layout) => distributedDataParallel(python.path, layout))
    : [];
if ('missing' in python) console.log(`could not be run: DistributedDataParallel: ${python.missing}`);
const slow = { rate: '1gbit' } satisfies Speed;
const rates = [{}, { rate: '10gbit' }, slow] satisfies Speed[];
const [fast, rows] = [gradpool(2), gradpool(2, slow)];
const jobs = [gradpool(1), fast, rows, gradpool(4), ...others];
/** As ranks choose that begin over such a link. */
const togetherOver = ({ rate }: Speed) => (rate === slow.rate ? rows : fast).name;
const delays = [0.1, 1].flatMap((delay) => rates.map((speed) => ({ ...speed, delay })));

if (values.only.includes('veth')) await measureOn(byVeth(), rates);
if (values.only.includes('delay')) await measureOn(await byDelay(), delays);

async function measureOn(link: Linked, speeds: readonly Speed[]): Promise<void> {
  const seen = speeds.map((speed) => ({
    speed,
    of: new Map(jobs.map(({ name }) => [name, [] as Measured[]])),
  }));
  try {
    const running = [];
    for (const job of jobs) {
      console.error(`${job.name} starts`);
      link.set(job.startsOver ?? {});
      running.push(await startJob(job, link.machines));
    }
    for (let round = 1; round <= Number(values.rounds); round++)
      for (const { speed, of } of seen) {
        console.error(`round ${round}: ${nameOf(speed)}`);
        link.set(speed);
        for (const job of running) {
          const measured = await job.measure(Number(values.seconds));
          of.get(job.name)?.push(measured);
          console.error(`  ${job.name}: ${measured.imagesPerSecond.toFixed(0)} images/s`);
        }
      }
  } finally {
    endJobs(link.machines);
    link.remove();
  }
  for (const { speed, of } of seen) report(speed, of);
}

function nameOf({ rate, delay }: Speed): string {
  const carried = delay === undefined ? '' : `, ${delay} ms each way`;
  return `${rate ?? 'not limited'}${carried}`;
}

/** Ratios are taken round by round. */
function report(speed: Speed, of: ReadonlyMap<string, readonly Measured[]>): void {
  const rateOf = (name: string) => (of.get(name) ?? []).map(({ imagesPerSecond }) => imagesPerSecond);
  const together = togetherOver(speed);
  const own = rateOf(together);
  const ratio = (name: string) =>
    spread(
      rateOf(name).map((rate, round) => own[round] / rate),
      2,
    );
  console.log(`\n${nameOf(speed)}: ${values.rounds} rounds of ${values.seconds} s, medians (least to most)`);
  console.table(
    [...of.keys()].map((name) => ({
      training: name,
      'images/s': spread(rateOf(name), 0),
      [`${together} is faster by`]: name === together ? '' : ratio(name),
    })),
  );
  console.log('Milliseconds of a step, medians of what rank 0 saw');
  console.table(
    [...of].flatMap(([name, measured]) =>
      partsRow(
        name,
        measured.flatMap(({ parts }) => parts),
      ),
    ),
  );
  reportModel(partsFor(of, together));
}

function partsRow(training: string, parts: readonly Parts[]) {
  if (parts.length === 0) return [];
  const of = (part: keyof Parts) => median(parts.map(({ [part]: time = 0 }) => time)).toFixed(1);
  const share = median(parts.map(({ allreduce = 0, step }) => allreduce / step));
  return [
    {
      training,
      ...{ step: of('step'), gradient: of('gradient'), sum: of('sum'), wait: of('wait') },
      ...{ allreduce: of('allreduce'), update: of('update'), 'allreduce / step': share.toFixed(2) },
    },
  ];
}

/** Half of the images of one machine are computed on each of two; the update is whole on both. */
function partsFor(of: ReadonlyMap<string, readonly Measured[]>, together: string): MeasuredParts {
  const partsOf = (name: string) => (of.get(name) ?? []).flatMap(({ parts }) => parts);
  const medianOf = (name: string, part: (parts: Parts) => number) => median(partsOf(name).map(part));
  return {
    image: medianOf(together, ({ gradient, sum }) => (gradient + sum) / 50),
    fixed: medianOf(together, ({ update }) => update),
    allreduce: medianOf(together, ({ allreduce }) => allreduce),
    message: Math.min(...partsOf(together).map(({ wait }) => wait)),
  };
}

function reportModel(parts: MeasuredParts): void {
  const batches = [100, 1000, 10_000, 100_000];
  const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((machines) => ({
    machines,
    ...Object.fromEntries(
      batches.map((batch) => {
        const time = stepTime(parts, machines, batch);
        const speedup = stepTime(parts, 1, batch) / time;
        return [`batch ${batch}`, `${time.toFixed(1)} (${speedup.toFixed(1)})`];
      }),
    ),
    'does not pay below a batch of': machines === 1 ? '' : leastBatch(parts, machines),
  }));
  console.log(
    `A model, no measurement: milliseconds of a step (times as fast as one machine), of ${JSON.stringify(parts, (_, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value))}`,
  );
  console.table(rows);
}
