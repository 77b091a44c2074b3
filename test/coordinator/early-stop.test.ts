/** Trainings that end while their threads load: in a process of its own, which a thread's end could abort. */
import { test } from 'vitest';
import { type EarlyEnd, earlyEnding } from '../chaos/early-stops.ts';

const rows: { what: EarlyEnd; times: number }[] = [
  { what: 'stops', times: 12 },
  { what: 'stops among deaths', times: 3 },
  { what: 'fits', times: 4 },
];

test.concurrent.for(rows)(
  '$times early $what in one program leave the process alive, no thread, handle or memory, and no late event.',
  async ({ what, times }, { expect }) => {
    const { failures } = await earlyEnding({ family: 'early ends', what, times });
    expect(failures).toEqual([]);
  },
);
