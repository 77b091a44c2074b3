/**
 * npm run profile -- FILE: a table of what a profile (`train --profile FILE`) says of a step: the time of each layer's
 * passes and of each kernel, of all workers together, and what of the workers' time is none of it.
 */
import { readFileSync } from 'node:fs';

interface Span {
  readonly name: string;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('Expected the file of a profile, got none');
const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: (Span & { ph: string })[] };
const spans = traceEvents.filter(({ ph }) => ph === 'X');
const phases = spans.filter(({ tid, name }) => tid === 0 && ['gradient', 'update'].includes(name));
const steps = phases.filter(({ name }) => name === 'update').length;
const workers = new Set(spans.map(({ tid }) => tid).filter((tid) => tid > 0)).size;
const first = phases[0];
const last = phases.findLast(({ name }) => name === 'update');
if (first === undefined || last === undefined) throw new Error(`Expected steps in ${path}, got none`);
const end = last.ts + last.dur;
const own = spans.filter(({ tid, ts }) => tid > 0 && ts >= first.ts && ts < end);

const byName = new Map<string, { calls: number; microseconds: number }>();
for (const span of own) add(span.name, span.dur);
const wall = (end - first.ts) * workers;
const inTasks = total('gradient') + total('update');
console.log(`${steps} steps of ${((end - first.ts) / steps / 1000).toFixed(1)} ms, ${workers} workers`);
console.table(
  Object.fromEntries(
    [...byName]
      .toSorted(([, a], [, b]) => b.microseconds - a.microseconds)
      .map(([name, { calls, microseconds }]) => [name, row(calls, microseconds)]),
  ),
);
console.log(`not in any task: ${percent(1 - inTasks / wall)} of the workers' time`);

function add(name: string, microseconds: number): void {
  const sum = byName.get(name) ?? { calls: 0, microseconds: 0 };
  byName.set(name, { calls: sum.calls + 1, microseconds: sum.microseconds + microseconds });
}

function total(name: string): number {
  return byName.get(name)?.microseconds ?? 0;
}

/** Spans inside of others count in both. */
function row(calls: number, microseconds: number) {
  return {
    'calls a step': (calls / steps).toFixed(1),
    'milliseconds a step': (microseconds / steps / 1000).toFixed(2),
    "of the workers' time": percent(microseconds / wall),
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
