/** Where a run's event files lie. `event-log.ts` writes them. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Read in the order of their names, in which the seconds are those of their beginnings. */
export const eventFile = (run: string, seconds: number, fromStep: number): string =>
  join(run, `events.out.tfevents.${seconds}.gradpool.${fromStep}`);

const ownName = /^events\.out\.tfevents\.\d+\.gradpool\.\d+$/;

/** @returns the paths of a run's event files, in the order in which they were begun */
export async function eventFiles(run: string): Promise<string[]> {
  const names = (await readdir(run)).filter((name) => ownName.test(name)).sort();
  const paths: string[] = [];
  for (const name of names) if ((await stat(join(run, name))).isFile()) paths.push(join(run, name));
  return paths;
}

/** Of a training that left no checkpoint, and which another one takes the place of. */
export async function removeEventFiles(run: string): Promise<void> {
  for (const path of await eventFiles(run)) await rm(path, { force: true });
}
