import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { inputError } from '../../errors.ts';
import type { Bitmap } from '../image/bitmap.ts';
import { checkScans, jpegHeader } from './jpeg-segments.ts';

/**
 * Decodes a JPEG image with libjpeg (mozjpeg, as WebAssembly): the pixels are those of Pillow, bit for bit, on every
 * machine.
 * @throws GradpoolError for everything that is wrong with the file, also for what libjpeg only warns of
 */
export async function decodeJpeg(path: string, bytes: Uint8Array): Promise<Bitmap> {
  const { isColour, orientation, ...header } = jpegHeader(path, bytes, true);
  checkScans(path, bytes, { isColour, ...header });
  const { width, height, data } = await decodeWhole(path, bytes);
  return {
    ...{ width, height, isColour, orientation, depth: 8, hasAlpha: false },
    readColour(x, y, out) {
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) out[channel] = data[at + channel];
      out[3] = 1;
    },
  };
}

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** [height, width, 4] red, green, blue, alpha */
  readonly data: Uint8ClampedArray;
}

/** Loaded once, and not before there is a JPEG image. */
let decoder: ReturnType<typeof loadDecoder> | undefined;

async function decodeWhole(path: string, bytes: Uint8Array): Promise<Decoded> {
  decoder ??= loadDecoder();
  const { codec, said } = await decoder;
  said.length = 0;
  const decoded = decodeOrRefuse(() => codec.decode(bytes, false), path, said);
  if (said.length > 0 || decoded === null) throw damaged(path, said[0]);
  return decoded;
}

function decodeOrRefuse<T>(decode: () => T, path: string, said: readonly string[]): T {
  try {
    return decode();
  } catch (error) {
    throw damaged(path, said[0], error);
  }
}

/** libjpeg says what is wrong on its standard error, and fills with grey what it could not read. */
async function loadDecoder() {
  const { default: createCodec } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  const file = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const said: string[] = [];
  const codec = await createCodec({
    noInitialRun: true,
    wasmBinary: await readFile(file),
    print: () => {},
    printErr: (text: string) => void said.push(text),
  });
  return { codec, said };
}

const damaged = (path: string, said = 'no image', cause?: unknown) =>
  inputError(`${path}: expected a whole JPEG image, got damaged data (${said})`, cause);
