/** What each thread did in the last steps, out of a profile in Chrome's trace format. */
import { stat } from 'node:fs/promises';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { readBoundedFile } from '../files/open-file.ts';
import { isRecord } from '../run/fields.ts';
import type { TraceLanes } from './page-data.ts';

/** Of a training with many workers; a larger file is linked to, not drawn. */
const mostBytes = 2 ** 26;

/** Layers and kernels are left out: for these there are programs that show traces. */
const kinds = ['gradient', 'update', 'evaluate', 'pack', 'unpack'];

/** @returns undefined where there is no such file, or another one */
export type TraceReader = (path: string) => Promise<TraceLanes | undefined>;

/** Reads a file again only where it has changed: that takes its time, and a live page asks again and again. */
export function createTraceReader(): TraceReader {
  let last: { readonly key: string; readonly lanes: TraceLanes | undefined } | undefined;
  return async (path) => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    const key = `${found.ino} ${found.size} ${found.mtimeMs} ${path}`;
    if (last?.key !== key) last = { key, lanes: await readTraceLanes(path) };
    return last.lanes;
  };
}

async function readTraceLanes(path: string): Promise<TraceLanes | undefined> {
  try {
    const trace = parseBoundedJson(await readBoundedFile(path, mostBytes), 8);
    if (!isRecord(trace) || !Array.isArray(trace.traceEvents)) return undefined;
    return lanesOf(trace.traceEvents.filter(isRecord));
  } catch {
    return undefined;
  }
}

type TraceEvent = Readonly<Record<string, unknown>>;

export function lanesOf(events: readonly TraceEvent[]): TraceLanes | undefined {
  const all = events.filter(({ ph, name }) => ph === 'X' && kinds.includes(`${name}`));
  // Of the steps: what comes behind the last one, an evaluation, takes longer than all of them.
  const begins = all.filter(({ name }) => name === 'gradient').map(({ ts }) => Number(ts));
  const ends = all.filter(({ name }) => name === 'update').map(({ ts, dur }) => Number(ts) + Number(dur));
  if (begins.length === 0 || ends.length === 0) return undefined;
  const begin = begins.reduce((least, time) => Math.min(least, time));
  const end = ends.reduce((most, time) => Math.max(most, time));
  const spans = all.filter(({ ts, dur }) => Number(ts) >= begin && Number(ts) + Number(dur) <= end);
  const names = new Map(
    events
      .filter(({ ph, name }) => ph === 'M' && name === 'thread_name')
      .map(({ tid, args }) => [tid, isRecord(args) ? `${args.name}` : `${tid}`]),
  );
  const milliseconds = (microseconds: number) => Math.round(microseconds / 10) / 100;
  const lanes = [...names].map(([lane, name]) => ({
    name,
    spans: spans
      .filter(({ tid }) => tid === lane)
      .map(({ name: kind, ts, dur }) => ({
        kind: `${kind}`,
        start: milliseconds(Number(ts) - begin),
        duration: milliseconds(Number(dur)),
      })),
  }));
  return { milliseconds: milliseconds(end - begin), lanes };
}
