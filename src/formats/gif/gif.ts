import gifenc from 'gifenc';
import type { Picture } from '../picture.ts';

/** How long the last frame stays before the first one comes again. */
const lastMilliseconds = 2000;

/**
 * Pictures of one size as an animated GIF that begins again for ever. Grey ones get the same 64 shades in each frame,
 * coloured ones 256 colours of their own.
 * @param milliseconds that a frame stays; a GIF counts hundredths of a second
 */
export function encodeGif(frames: readonly Picture[], milliseconds: number): Uint8Array {
  const gif = gifenc.GIFEncoder();
  for (const [index, frame] of frames.entries()) {
    const delay = index === frames.length - 1 ? Math.max(milliseconds, lastMilliseconds) : milliseconds;
    const { pixels, palette } = frame.channels === 1 ? greyOf(frame) : colouredOf(frame);
    // The first palette counts for all frames that have none.
    const own = index === 0 || frame.channels > 1 ? { palette } : {};
    gif.writeFrame(pixels, frame.width, frame.height, { delay, ...own });
  }
  gif.finish();
  return gif.bytes();
}

const shades = Array.from({ length: 64 }, (_, shade): Colour => {
  const value = Math.round((shade * 255) / 63);
  return [value, value, value];
});

type Colour = readonly [red: number, green: number, blue: number];

const greyOf = ({ values }: Picture) => ({
  pixels: values.map((value) => Math.round((value * 63) / 255)),
  palette: shades,
});

function colouredOf({ values }: Picture) {
  const rgba = new Uint8Array((values.length / 3) * 4).fill(255);
  for (let pixel = 0; pixel < values.length / 3; pixel++)
    rgba.set(values.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  const palette = gifenc.quantize(rgba, 256);
  return { pixels: gifenc.applyPalette(rgba, palette), palette };
}
