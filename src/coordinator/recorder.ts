import type { Arithmetic } from '../engine/engine.ts';
import type { TrainEvent, TrainRequest } from '../protocol.ts';
import type { Session } from './session.ts';

/** What a training begins with when it is resumed: values in natural order. */
export interface ResumedState {
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizerState: readonly Float32Array[];
}

/** Keeps a training's run directory; without one it keeps nothing. */
export interface Recorder {
  readonly path: string | undefined;
  readonly resumed: ResumedState | undefined;
  record(event: TrainEvent): Promise<void>;
  /** A checkpoint of the session's current state after `step`, unless that step has one. */
  save(session: Session, step: number): Promise<void>;
  close(): Promise<void>;
}

export async function openRecorder(
  _request: TrainRequest,
  _arithmetic: Arithmetic,
  _onEvent: (event: TrainEvent) => void,
): Promise<Recorder> {
  return { path: undefined, resumed: undefined, async record() {}, async save() {}, async close() {} };
}
