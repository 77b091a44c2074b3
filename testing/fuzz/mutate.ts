/** Seeded damage to bytes. */

export type Random = (limit: number) => number;

/** A linear congruential generator's upper bits: whole numbers below the limit. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Sizes and counts that readers may believe too early. */
const numbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000000];

/** In JSON, instead of a number. */
const values = [
  '-1',
  '1e999',
  '4294967296',
  '9007199254740993',
  '0.5',
  'null',
  '"x"',
  '[]',
  '{}',
  'true',
  '"../../x"',
];

/** One to four changes. */
export function mutate(original: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let changes = 1 + random(4); changes > 0; changes--)
    bytes = kinds[random(kinds.length)](bytes, random);
  return bytes;
}

const place = (bytes: Buffer, random: Random): number => random(Math.max(1, bytes.length));

const kinds: ((bytes: Buffer, random: Random) => Buffer)[] = [
  function flipBit(bytes, random) {
    if (bytes.length > 0) bytes[place(bytes, random)] ^= 1 << random(8);
    return bytes;
  },
  function setByte(bytes, random) {
    if (bytes.length > 0) bytes[place(bytes, random)] = random(256);
    return bytes;
  },
  function setHeaderByte(bytes, random) {
    if (bytes.length > 0) bytes[random(Math.min(bytes.length, 64))] = random(256);
    return bytes;
  },
  function setNumber(bytes, random) {
    const at = random(Math.min(Math.max(1, bytes.length - 4), 256));
    if (bytes.length >= at + 4) bytes.writeUInt32BE(numbers[random(numbers.length)], at);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => Buffer.concat([bytes, bytes.subarray(place(bytes, random))]),
  function removePart(bytes, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(16))]);
  },
  function replaceValue(bytes, random) {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(/(?<=[:[,]\s*)(-?\d+(\.\d+)?|"[^"]*")/g)];
    if (found.length === 0) return bytes;
    const { 0: old, index } = found[random(found.length)];
    return Buffer.from(
      text.slice(0, index) + values[random(values.length)] + text.slice(index + old.length),
      'latin1',
    );
  },
];
