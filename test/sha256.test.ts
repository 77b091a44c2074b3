import { expect, test } from 'vitest';
import { sha256 } from '../src/sha256.ts';

test('SHA-256 is that of all parts, one behind the other, whatever they are.', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256('abc')).toBe(abc);
  expect(sha256(Buffer.from('a'), '', new Uint16Array([0x6362]))).toBe(abc);
  expect(sha256(new Uint8Array(Buffer.from('zabcz')).subarray(1, 4))).toBe(abc);
});

test('SHA-256 of an array beyond the 2 GiB that Node.js hashes at once is that of all its bytes.', () => {
  // Pages that nobody writes to take no memory.
  const bytes = new Uint8Array(new SharedArrayBuffer(2 ** 31 + 5));
  bytes.set([1, 2, 3, 4, 5], 2 ** 31);
  // (head -c 2147483648 /dev/zero; printf '\1\2\3\4\5') | sha256sum
  expect(sha256(bytes)).toBe('54b9f705d25aa5d2278b7aba420e1dd93d60cd0fcf945b26a01e5c87ecf59865');
});
