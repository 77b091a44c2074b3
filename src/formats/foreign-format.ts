/** What files are that somebody took for images or data sets, told by their first bytes. */

/** So many first bytes tell a format: tar has its mark behind byte 257, SVG may begin with a long comment. */
export const signatureBytes = 1024;

/** What to do with a file of a format, behind "got a JPEG image; ". */
const convert = 'convert it to PNG first, e.g. with `magick image.jpg image.png`';
const render = 'render it as PNG first, e.g. with `magick image.svg image.png`';
const unpack = 'unpack it first, and give the files in it';
const write = 'write its arrays as IDX files first, or give them to `dataset`';
const downloadAgain = 'it was downloaded wrongly: download the file itself';

interface Format {
  readonly name: string;
  readonly advice: string;
  /** In Latin-1, from byte `at` (default 0) on. */
  readonly marks: readonly string[];
  readonly at?: number;
}

const formats: readonly Format[] = [
  {
    name: 'a PNG image',
    marks: ['\x89PNG\r\n\x1a\n'],
    advice: 'give it to `predict` or `readImage`, outside of gzip',
  },
  {
    name: 'a JPEG image',
    marks: ['\xff\xd8\xff'],
    advice: 'give it to `predict` or `readImage`, outside of gzip',
  },
  { name: 'a GIF image', marks: ['GIF87a', 'GIF89a'], advice: convert },
  { name: 'a WebP image', marks: ['WEBP'], at: 8, advice: convert },
  { name: 'a TIFF image', marks: ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'], advice: convert },
  { name: 'an AVIF image', marks: ['ftypavif', 'ftypavis'], at: 4, advice: convert },
  {
    name: 'a HEIC image',
    marks: ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].map((brand) => `ftyp${brand}`),
    at: 4,
    advice: convert,
  },
  { name: 'a JPEG 2000 image', marks: ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], advice: convert },
  { name: 'a JPEG XL image', marks: ['\0\0\0\x0cJXL ', '\xff\x0a'], advice: convert },
  { name: 'an icon', marks: ['\0\0\x01\0', '\0\0\x02\0'], advice: convert },
  { name: 'a Photoshop image', marks: ['8BPS'], advice: convert },
  { name: 'a video', marks: ['ftyp'], at: 4, advice: 'take a picture of it and save that as PNG' },
  { name: 'a PDF document', marks: ['%PDF-'], advice: render },
  { name: 'a PostScript document', marks: ['%!PS'], advice: render },
  { name: 'a zip archive', marks: ['PK\x03\x04', 'PK\x05\x06'], advice: unpack },
  { name: 'a 7z archive', marks: ['7z\xbc\xaf\x27\x1c'], advice: unpack },
  { name: 'a RAR archive', marks: ['Rar!\x1a\x07'], advice: unpack },
  { name: 'a tar archive', marks: ['ustar'], at: 257, advice: unpack },
  { name: 'gzip data', marks: ['\x1f\x8b'], advice: unpack },
  { name: 'bzip2 data', marks: ['BZh'], advice: unpack },
  { name: 'xz data', marks: ['\xfd7zXZ\0'], advice: unpack },
  { name: 'Zstandard data', marks: ['\x28\xb5\x2f\xfd'], advice: unpack },
  {
    name: 'a NumPy array',
    marks: ['\x93NUMPY'],
    advice: 'name it x.npy and its labels y.npy, and give `readData` their directory',
  },
  { name: 'an HDF5 file', marks: ['\x89HDF\r\n\x1a\n'], advice: write },
  { name: 'a MATLAB file', marks: ['MATLAB 5.0'], advice: write },
  { name: 'a Parquet file', marks: ['PAR1'], advice: write },
  { name: 'a Git LFS pointer', marks: ['version https://git-lfs'], advice: '`git lfs pull` brings the file' },
];

/** Of formats that are text: the first tag or sign, behind comments and declarations. */
const textFormats: readonly { name: string; pattern: RegExp; advice: string }[] = [
  { name: 'an SVG image', pattern: /<svg[\s>]/i, advice: render },
  { name: 'a web page', pattern: /^<(!doctype html|html|head)\b/i, advice: downloadAgain },
  { name: 'XML', pattern: /^<\?xml/i, advice: 'give a PNG or IDX file' },
  { name: 'a netpbm image', pattern: /^P[1-7]\s/, advice: convert },
];

/** Begins with letters that text may begin with too, so the rest of its header counts. */
const isBitmap = (start: Buffer): boolean =>
  start.length >= 18 && start.toString('latin1', 0, 2) === 'BM' && start.readUInt32LE(6) === 0;

/** Whether a file begins as an IDX file does: 0, 0, an element type, a number of dimensions. */
export const isIdx = ([first, second, type, dimensions]: Uint8Array): boolean =>
  first === 0 && second === 0 && type >= 0x08 && type <= 0x0e && dimensions > 0;

/**
 * What a file is, where that is known and it is not what was expected.
 * @param start its first `signatureBytes`, or all that there are
 * @returns e.g. `a JPEG image; convert it to PNG first, ...`
 */
export function foreignFormat(start: Uint8Array): string | undefined {
  const bytes = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, signatureBytes));
  const text = bytes.toString('latin1');
  const found = formats.find(({ marks, at = 0 }) => marks.some((mark) => text.startsWith(mark, at)));
  if (found !== undefined) return `${found.name}; ${found.advice}`;
  if (isBitmap(bytes)) return `a BMP image; ${convert}`;
  return textFormat(bytes);
}

function textFormat(bytes: Buffer): string | undefined {
  const text = decodeText(bytes).trimStart();
  const known = textFormats.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) return `${known.name}; ${known.advice}`;
  const isText = text.length > 3 && !/[^\t\n\r\x20-\x7e]/.test(text);
  return isText ? 'text; give a PNG or IDX file' : undefined;
}

/** UTF-8 or, by its mark, UTF-16. */
function decodeText(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return isUtf16 ? bytes.toString('utf16le', 2) : bytes.toString('utf8').replace(/^\ufeff/, '');
}
