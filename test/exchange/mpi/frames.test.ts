import { expect, test } from 'vitest';
import { frameBytes, readFrame, restOf, writeFrame } from '../../../src/exchange/mpi/frames.ts';

test.for([0, 10, frameBytes - 100, frameBytes, 3 * frameBytes])(
  'a message with %d bytes comes out as it went in, in one frame or with a rest',
  (length) => {
    const message = {
      place: 'step 1',
      value: { bytes: new Uint8Array(length).fill(7), loss: -0, none: undefined },
    };
    const bytes = writeFrame(message);
    const frame = bytes.subarray(0, frameBytes);
    expect(frame).toHaveLength(frameBytes);
    expect(restOf(frame)).toBe(bytes.length - frameBytes);
    expect(readFrame(frame, bytes.subarray(frameBytes))).toEqual(message);
  },
);
