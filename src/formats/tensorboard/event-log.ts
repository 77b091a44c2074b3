/** A training's event files, which TensorBoard reads: a file for each part of it, in the run's directory. */
import { codeOf } from '../../errors.ts';
import { type AppendFile, openToAppend } from '../../files/append-file.ts';
import { eventFile } from './event-files.ts';
import { type Event, encodeEvent, type SummaryValue } from './messages.ts';
import { encodeRecord } from './records.ts';

export interface EventLog {
  /** Call it again only when the last call has returned. What could not be written goes with the next one. */
  write(step: number, values: readonly SummaryValue[]): Promise<void>;
  /** Returns when the disk has everything. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param fromStep steps that were done before: what other files have of later ones is void
 * @throws GradpoolError of kind 'save', from here and from every call, when the disk refuses
 */
export async function openEventLog(run: string, fromStep: number): Promise<EventLog> {
  const file = await newFile(run, fromStep);
  const add = (event: Omit<Event, 'wallTime'>) =>
    file.append(encodeRecord(encodeEvent({ wallTime: Date.now() / 1000, ...event })));
  try {
    await add({ step: 0, fileVersion: 'brain.Event:2' });
    await add({ step: fromStep + 1, sessionLog: { status: 1 } });
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    async write(step, value) {
      if (value.length > 0) await add({ step, summary: { value } });
    },
    sync: file.sync,
    close: file.close,
  };
}

async function newFile(run: string, fromStep: number): Promise<AppendFile> {
  for (let seconds = Math.floor(Date.now() / 1000); ; seconds++) {
    try {
      return await openToAppend(eventFile(run, seconds, fromStep), 'ax');
    } catch (error) {
      if (!(error instanceof Error) || codeOf(error.cause) !== 'EEXIST') throw error;
    }
  }
}
