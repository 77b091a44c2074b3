/** What a process holds, to see whether it grows. */
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Resources {
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly threads: number;
  readonly files: number;
  /** Their kinds: timers, ports, workers. */
  readonly handles: readonly string[];
}

/**
 * What may be added in all; of threads, files and handles nothing. Resident memory between two trainings goes up and
 * down by 100 MiB, with how many threads were alive at once and what the system took back; 160 MiB in 1,900 stops would
 * be 86 KiB a stop, and a thread that is left behind takes several MiB. Of a few trainings resident memory says nothing:
 * one that had 8 workers at once for the first time is as much.
 */
const mostGrowth = { heapMiB: 4, residentMiB: 160 };
const fewestForResident = 100;

/** Once all that ends has had the time to, and what is not reachable is gone. */
export async function resources(): Promise<Resources> {
  await setTimeout(1000);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  await setTimeout(100);
  const { rss, heapUsed } = process.memoryUsage();
  return {
    residentMiB: Math.round(rss / 2 ** 20),
    heapMiB: Math.round((heapUsed / 2 ** 20) * 10) / 10,
    threads: readdirSync('/proc/self/task').length,
    files: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().sort(),
  };
}

/**
 * @param trainings how many there were between
 * @returns what has grown, a line each
 */
export function grown(before: Resources, after: Resources, trainings: number): string[] {
  const grew = {
    residentMiB:
      trainings >= fewestForResident && after.residentMiB - before.residentMiB > mostGrowth.residentMiB,
    heapMiB: after.heapMiB - before.heapMiB > mostGrowth.heapMiB,
    threads: after.threads > before.threads,
    files: after.files > before.files,
    handles: after.handles.length > before.handles.length,
  };
  return (['residentMiB', 'heapMiB', 'threads', 'files', 'handles'] as const)
    .filter((what) => grew[what])
    .map((what) => `${what} grew from ${before[what]} to ${after[what]}`);
}
