/**
 * The kernels' modules import shared memory, since the threads of a training share one. A single thread needs none, and
 * some browsers give none: the same module with another flag in its import takes a memory of its own.
 */

/** https://webassembly.github.io/spec/core/binary/modules.html */
const importSection = 2;
const memoryKind = 2;
const [limitsWithMost, limitsSharedWithMost] = [1, 3];
const headerBytes = 8;

/**
 * @param bytes a module of which the one memory is imported
 * @returns a copy that differs in one byte
 * @throws where it imports no shared memory
 */
export function withUnsharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const at = memoryFlag(copy);
  copy[at] = limitsWithMost;
  return copy;
}

function memoryFlag(bytes: Uint8Array): number {
  let at = headerBytes;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  while (at < bytes.length) {
    const section = bytes[at++];
    const end = number() + at;
    if (section === importSection) {
      for (let left = number(); left > 0; left--) {
        skipName();
        skipName();
        const kind = bytes[at++];
        if (kind === memoryKind && bytes[at] === limitsSharedWithMost) return at;
        if (kind !== 0) break;
        // A function: its type follows.
        number();
      }
    }
    at = end;
  }
  throw new Error('Expected a module that imports shared memory, got one that does not');
}
