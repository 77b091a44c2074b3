/** The pictures of a GAN's run: RUN/samples/step-00000100.png, and RUN/samples.gif of them all. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, replaceFile } from '../../files/atomic-file.ts';
import { encodeGif } from '../../formats/gif/gif.ts';
import { readPng } from '../../formats/image-files/read-image.ts';
import { gridOf, type Picture } from '../../formats/picture.ts';
import { encodePng } from '../../formats/png/write-png.ts';
import type { Shape } from '../../shape.ts';

const folderOf = (run: string): string => join(run, 'samples');

/** Writes what the generator makes after a step, and the file's path is returned. */
export async function addSamples(
  run: string,
  step: number,
  images: Float32Array,
  shape: Shape,
): Promise<string> {
  await makeDirectories(folderOf(run));
  const file = join(folderOf(run), `step-${String(step).padStart(8, '0')}.png`);
  await replaceFile(file, encodePng(gridOf(images, shape)));
  return file;
}

/** A GIF of more frames than these leaves some out, evenly. */
const mostFrames = 100;
const frameMilliseconds = 120;

export interface Animation {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Steps of the first and last frame. */
  readonly steps: readonly [first: number, last: number];
  readonly size: Pick<Picture, 'width' | 'height'>;
}

/**
 * Writes RUN/samples.gif of the pictures up to a step.
 * @param like a grid of the pictures' size
 * @returns undefined where there are none
 */
export async function animate(run: string, upTo: number, like: Picture): Promise<Animation | undefined> {
  const steps = (await stepsThere(run)).filter((step) => step <= upTo);
  if (steps.length === 0) return undefined;
  const { width, height, channels } = like;
  const frames: Picture[] = [];
  for (const step of evenly(steps, mostFrames)) {
    const file = join(folderOf(run), `step-${String(step).padStart(8, '0')}.png`);
    frames.push({ ...like, values: (await readPng(file, [height, width, channels])).values });
  }
  const [path, bytes] = [join(run, 'samples.gif'), encodeGif(frames, frameMilliseconds)];
  await replaceFile(path, bytes);
  return { path, bytes, steps: [steps[0], steps[steps.length - 1]], size: { width, height } };
}

/** In their order. */
async function stepsThere(run: string): Promise<number[]> {
  const names = await readdir(folderOf(run)).catch(() => []);
  return names
    .flatMap((name) => /^step-(\d{8,10})\.png$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The first one, the last one, and of those between as many as there is room for. */
function evenly(steps: readonly number[], most: number): number[] {
  if (steps.length <= most) return [...steps];
  return Array.from(
    { length: most },
    (_, index) => steps[Math.round((index * (steps.length - 1)) / (most - 1))],
  );
}
