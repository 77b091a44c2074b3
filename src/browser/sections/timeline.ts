/** When each run was trained, what became of its workers, and what the threads did in the last steps. */
import type { RunData, Session, Timeline, TraceLanes } from '../../pages/page-data.ts';
import { type Child, h, svg, table } from '../elements/dom.ts';
import { clock, counted, duration, percent } from '../elements/words.ts';

const width = 1000;
const laneHeight = 14;
/** A picture of a thousand lanes shows nothing. */
const mostLanes = 32;

export function timelineOf({ timeline }: RunData): Child[] {
  const { sessions, trace } = timeline;
  if (sessions.length === 0)
    return [h('p', {}, 'When it was trained is not known: it is the run of an older version, or of a GAN.')];
  return [
    ...sessions.map((session, index) => sessionOf(session, index + 1)),
    ...(trace === undefined ? [] : [traceOf(trace, timeline)]),
  ];
}

function sessionOf(session: Session, number: number): HTMLElement {
  const { begin, end, how, fromStep, step, workers, engine, incidents } = session;
  const title = `Session ${number}: step ${counted(fromStep)} to ${counted(step)}, ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${engine}, ${duration(end - begin)}, ${how}`;
  return h(
    'figure',
    {},
    h('figcaption', {}, title, h('br'), h('span', { class: 'soft' }, `begun ${clock(begin)}`)),
    lanesOf(session, title),
    incidents.length === 0 ? h('p', { class: 'soft' }, 'No worker was lost.') : incidentsOf(session),
  );
}

function lanesOf({ begin, end, workers, incidents, checkpoints }: Session, title: string): SVGElement {
  const lanes = Math.min(workers, mostLanes);
  const place = (time: number) => (width * (time - begin)) / Math.max(1, end - begin);
  const top = (lane: number) => (lane + 1) * (laneHeight + 2);
  const bars = Array.from({ length: lanes }, (_, worker) => [
    svg('rect', { class: 'alive', x: 0, y: top(worker), width, height: laneHeight }),
    ...awayOf(worker, incidents, begin, end).map(([from, to]) =>
      svg('rect', {
        class: 'away',
        ...{
          x: place(from),
          y: top(worker),
          width: Math.max(4, place(to) - place(from)),
          height: laneHeight,
        },
      }),
    ),
  ]);
  const marks = checkpoints.map(({ time }) =>
    svg('circle', {
      class: 'saved',
      cx: Math.min(width - 4, Math.max(4, place(time))),
      cy: laneHeight / 2,
      r: 4,
    }),
  );
  return svg(
    'svg',
    {
      ...{ class: 'lanes', role: 'img', viewBox: `0 0 ${width} ${top(lanes)}`, preserveAspectRatio: 'none' },
      'aria-label': `${title}; ${checkpoints.length} checkpoints (dots), ${incidents.length} incidents of workers (gaps)`,
    },
    bars.flat(),
    marks,
  );
}

/** From when to when a worker was away. */
function awayOf(
  worker: number,
  incidents: Session['incidents'],
  begin: number,
  end: number,
): [number, number][] {
  const away: [number, number][] = [];
  let lost: number | undefined;
  for (const { worker: whose, state, time } of incidents) {
    if (whose !== worker) continue;
    if (state !== 'back') lost ??= time;
    else {
      away.push([lost ?? begin, time]);
      lost = undefined;
    }
  }
  return lost === undefined ? away : [...away, [lost, end]];
}

const words = { lost: 'was lost', back: 'works again', 'given up': 'was given up' } as const;

const incidentsOf = ({ begin, incidents }: Session): HTMLElement =>
  table({
    caption: 'What became of workers',
    head: ['After', 'Step', 'Worker', 'What', 'Why'],
    rows: incidents.map(({ time, step, worker, state, reason }) => [
      duration(time - begin),
      counted(step),
      `${worker}`,
      words[state],
      reason ?? '',
    ]),
  });

function traceOf({ lanes, milliseconds }: TraceLanes, { profile }: Timeline): HTMLElement {
  const place = (time: number) => (width * time) / Math.max(milliseconds, 1e-3);
  const shown = lanes.slice(0, mostLanes + 1);
  const bars = shown.flatMap(({ spans }, lane) => [
    svg('rect', { class: 'idle', x: 0, y: lane * (laneHeight + 2), width, height: laneHeight }),
    ...spans.map(({ kind, start, duration: length }) =>
      svg('rect', {
        class: `kind-${kind}`,
        ...{ x: place(start), y: lane * (laneHeight + 2), width: place(length), height: laneHeight },
      }),
    ),
  ]);
  const kinds = [...new Set(shown.flatMap(({ spans }) => spans.map(({ kind }) => kind)))];
  const title = `The last steps, ${duration(milliseconds)}: the coordinator's phases above, each worker's tasks below`;
  return h(
    'figure',
    {},
    h('figcaption', {}, title),
    svg(
      'svg',
      {
        ...{ class: 'lanes', role: 'img', viewBox: `0 0 ${width} ${shown.length * (laneHeight + 2)}` },
        ...{ preserveAspectRatio: 'none', 'aria-label': title },
      },
      bars,
    ),
    h(
      'p',
      { class: 'keys' },
      ...kinds.map((kind) => h('span', {}, h('span', { class: `key kind-${kind}` }), kind)),
    ),
    busyOf(lanes, milliseconds),
    h('p', {}, ...profileWords(profile)),
  );
}

const busyOf = (lanes: TraceLanes['lanes'], milliseconds: number): HTMLElement =>
  table({
    caption: 'How long each thread was at work',
    head: ['Thread', 'Time', 'Share'],
    rows: lanes.map(({ name, spans }) => {
      const busy = spans.reduce((sum, { duration: length }) => sum + length, 0);
      return [name, duration(busy), percent(busy / Math.max(milliseconds, 1e-3))];
    }),
  });

function profileWords(profile: Timeline['profile']): Child[] {
  if (profile === undefined) return [];
  const how =
    ' has every layer and kernel, in Chrome’s trace format: open it in chrome://tracing or Perfetto.';
  return 'href' in profile
    ? [h('a', { href: profile.href, download: true }, 'The profile'), how]
    : ['The profile, ', h('code', {}, profile.path), ',', how];
}
