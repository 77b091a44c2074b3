import { performance } from 'node:perf_hooks';
import { styleText } from 'node:util';
import { statusLine } from './status-line.ts';

/** Nobody reads faster, and each drawing takes most of a millisecond. */
const millisecondsBetween = 200;

export interface Progress {
  /** A step was done. @param measures by their names, e.g. `{ loss: 0.1234, accuracy: 0.97 }` */
  update(step: number, measures: Readonly<Record<string, number>>): void;
  /** Some of the examples of an evaluation are done. */
  evaluating(done: number, examples: number): void;
}

export interface Course {
  readonly fromStep: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
}

/** How far a training is, on one line at the bottom of the terminal (`stepLine`). */
export function createProgress({ fromStep, steps, stepsPerEpoch, batchSize }: Course): Progress {
  const seldom = throttled();
  const speed = createSpeed(fromStep);
  return {
    update(step, measures) {
      const perSecond = speed(step);
      seldom(() => {
        const at = { step, steps, stepsPerEpoch, measures };
        const rates = { imagesPerSecond: perSecond * batchSize, secondsLeft: (steps - step) / perSecond };
        statusLine.show(stepLine({ ...at, ...rates }, statusLine.width()), paintBar);
      });
    },
    evaluating: (done, examples) => seldom(() => showShare('evaluating', done, examples)),
  };
}

/** How far an evaluation is that belongs to no training. */
export function createEvaluationProgress(): (done: number, examples: number) => void {
  const seldom = throttled();
  return (done, examples) => seldom(() => showShare('evaluating', done, examples));
}

/** Says what is under way as long as it is; the work is done either way. */
export async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  if (statusLine.width() === 0) return work();
  const began = performance.now();
  const show = () => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    statusLine.show(`${what} ...${seconds > 0 ? ` ${minutes(seconds)}` : ''}`);
  };
  show();
  const timer = setInterval(show, 1000).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    statusLine.clear();
  }
}

/** What is shown of a step. */
export interface StepShown {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly measures: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

/**
 * `epoch 1/2  step 431/1200  [=======>            ]  35%  loss 0.123  accuracy 0.970  2,456 img/s  1:02 left`,
 * or as much of it as fits: the step to the last.
 */
export function stepLine(shown: StepShown, width: number): string {
  const { step, steps, stepsPerEpoch, measures, imagesPerSecond, secondsLeft } = shown;
  const share = step / steps;
  const epochs = Math.ceil(steps / stepsPerEpoch);
  const counted = (now: number, all: number) => (Number.isFinite(all) ? `${now}/${all}` : `${now}`);
  const parts = [
    { text: `epoch ${counted(Math.ceil(step / stepsPerEpoch), epochs)}`, rank: 5 },
    { text: `step ${counted(step, steps)}`, rank: 0 },
    { text: bar(share), rank: 8 },
    { text: `${Math.floor(100 * share)}%`, rank: 7 },
    ...Object.entries(measures).map(([name, value], index) => ({
      text: `${name} ${value.toPrecision(3)}`,
      rank: index === 0 ? 1 : 2,
    })),
    { text: `${Math.round(imagesPerSecond).toLocaleString('en-US')} img/s`, rank: 6 },
    { text: `${minutes(secondsLeft)} left`, rank: 3 },
  ];
  return fitting(
    parts.filter(({ rank }) => Number.isFinite(steps) || ![3, 7, 8].includes(rank)),
    width,
  );
}

interface Part {
  readonly text: string;
  /** 0 is left out last. */
  readonly rank: number;
}

function fitting(parts: readonly Part[], width: number): string {
  const line = parts.map(({ text }) => text).join('  ');
  if (line.length <= width || parts.length === 1) return line;
  const worst = Math.max(...parts.map(({ rank }) => rank));
  return fitting(
    parts.filter(({ rank }) => rank !== worst),
    width,
  );
}

const showShare = (what: string, done: number, all: number): void =>
  statusLine.show(
    fitting(
      [
        { text: `${what} ${done}/${all}`, rank: 0 },
        { text: bar(done / all), rank: 1 },
      ],
      statusLine.width(),
    ),
    paintBar,
  );

const barWidth = 20;

function bar(share: number): string {
  const filled = Math.round(share * barWidth);
  return `[${'='.repeat(filled)}${filled < barWidth ? '>' : ''}${' '.repeat(Math.max(0, barWidth - filled - 1))}]`;
}

/** NO_COLOR and terminals without colours are heeded by Node.js. */
const paintBar = (line: string): string =>
  line.replace(/(?<=\[)=+>?/, (done) => styleText('green', done, { stream: process.stderr }));

function minutes(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function throttled(): (show: () => void) => void {
  let drawn = Number.NEGATIVE_INFINITY;
  return (show) => {
    const now = performance.now();
    if (now - drawn < millisecondsBetween || statusLine.width() === 0) return;
    drawn = now;
    show();
  };
}

/** Over how long a time the speed is that of now. */
const speedSeconds = 10;

/** @returns steps a second over the last seconds, told of each step */
function createSpeed(fromStep: number): (step: number) => number {
  const seen = [{ step: fromStep, at: performance.now() }];
  return (step) => {
    const at = performance.now();
    if (at - (seen.at(-1)?.at ?? 0) > 200) seen.push({ step, at });
    while (seen.length > 1 && at - seen[0].at > speedSeconds * 1000) seen.shift();
    return ((step - seen[0].step) * 1000) / Math.max(at - seen[0].at, 1);
  };
}
