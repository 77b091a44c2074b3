/** Trainings that end while their threads load: in a process of its own, which a thread's end could abort. */
import { test } from 'vitest';
import { earlyEnding } from '../../testing/chaos/early-stops.ts';
import type { EarlyEnd } from '../../testing/chaos/scenario.ts';

const rows: { what: EarlyEnd; times: number }[] = [
  { what: 'stops', times: 6 },
  { what: 'stops among deaths', times: 2 },
  { what: 'fits', times: 3 },
];

test.concurrent.for(rows)(
  '$times early $what in one program leave the process alive, no thread, handle or memory, and no late event.',
  async ({ what, times }, { expect }) => {
    const { failures } = await earlyEnding({ family: 'early ends', what, times });
    expect(failures).toEqual([]);
  },
);
