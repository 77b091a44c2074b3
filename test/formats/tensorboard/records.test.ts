import { expect, test } from 'vitest';
import { encodeEvent, stepOfEvent } from '../../../src/formats/tensorboard/messages.ts';
import { encodeRecord, firstRecord, recordBytes } from '../../../src/formats/tensorboard/records.ts';

test('a record has the bytes that TensorFlow writes: length, masked CRC-32C, data, masked CRC-32C.', () => {
  // As TensorBoard 2.21's own masked_crc32c has them.
  const expected = ['0800000000000000', 'ff86240f', Buffer.from('gradpool').toString('hex'), '4fd8b945'];
  const record = encodeRecord(Buffer.from('gradpool'));
  expect(record.toString('hex')).toBe(expected.join(''));
  expect(record).toHaveLength(24);
  expect(recordBytes(record)).toBe(24);
  expect(firstRecord(record)).toEqual({ data: Buffer.from('gradpool'), end: 24 });
});

test('a record with any byte changed, or less of it, is none.', () => {
  const record = encodeRecord(Buffer.from('gradpool'));
  for (let at = 0; at < record.length; at++) {
    const changed = Buffer.from(record);
    changed[at] ^= 4;
    expect(firstRecord(changed), `byte ${at}`).toBeUndefined();
    expect(firstRecord(record.subarray(0, at)), `${at} bytes`).toBeUndefined();
  }
});

test.each([0, 1, 2 ** 31, 2 ** 32 - 1])('the step %i of an event is read back.', (step) => {
  expect(stepOfEvent(encodeEvent({ wallTime: 1.5, step, summary: { value: [] } }))).toBe(step);
});
