/** Messages of any length in frames of one: the first one says how many bytes are still to come. */
import { deserialize, serialize } from 'node:v8';

/** Of what every call carries. A step's sums of losses fit. */
export const frameBytes = 4096;

const headerBytes = 8;

/** @returns the frame, and behind it what does not fit */
export function writeFrame(message: unknown): Uint8Array<ArrayBuffer> {
  const body = serialize(message);
  const bytes = new Uint8Array(Math.max(frameBytes, headerBytes + body.length));
  new DataView(bytes.buffer).setFloat64(0, body.length);
  bytes.set(body, headerBytes);
  return bytes;
}

const lengthOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset, headerBytes).getFloat64(0);

/** How many bytes of a message did not fit. */
export const restOf = (frame: Uint8Array): number => Math.max(0, headerBytes + lengthOf(frame) - frameBytes);

export function readFrame<T>(frame: Uint8Array, rest = new Uint8Array(0)): T {
  const length = lengthOf(frame);
  const body = Buffer.concat([frame.subarray(headerBytes), rest]).subarray(0, length);
  return deserialize(body) as T;
}
