/** The pictures that a GAN's training leaves in its run, and the page that shows them. */
import { join } from 'node:path';
import { replaceFile } from '../../files/atomic-file.ts';
import { gridOf } from '../../formats/picture.ts';
import type { GanEvent, GanResult } from '../../protocol/gan.ts';
import { absolute, ownCommand, quoted } from '../print/command-line.ts';
import { count } from '../print/output.ts';
import { addSamples, animate } from './album.ts';
import { lossWords, optimizerWords, type Shown } from './display.ts';
import { pageOf } from './page.ts';

/** Writes the samples of a training into its run. */
export function keepSamples({ request }: Shown): (event: GanEvent) => Promise<void> {
  const { shape } = request.train;
  let run: string | undefined;
  return async (event) => {
    if (event.kind === 'start') run = event.run;
    if (event.kind === 'sample' && run !== undefined) await addSamples(run, event.step, event.images, shape);
  };
}

/**
 * The animation, the page that shows it, and how to make more.
 * @param say where they lie
 */
export async function exhibit(
  run: string,
  { request, networks, data }: Shown,
  result: GanResult,
  say: (line: string) => void,
): Promise<void> {
  const { globalStep } = result;
  const { shape } = request.train;
  const { sampleCount, seed, batchSize } = request.config;
  const size = shape.reduce((product, side) => product * side, sampleCount);
  const animation = await animate(run, globalStep, gridOf(new Float32Array(size), shape));
  const command = [ownCommand(), 'sample --run', quoted(absolute(run))];
  const more = [...command, '--count 64 --seed 2 digits.png'].join(' ');
  if (animation !== undefined) {
    const page = join(run, 'index.html');
    const facts = {
      networks,
      data,
      steps: `${count(globalStep)} of ${batchSize} real and as many generated images`,
      optimizer: optimizerWords(request),
      seed: `${seed}`,
      'generator, SHA-256': result.parametersSha256,
      'last losses': lossWords(result, ' '),
    };
    const content = { title: 'Out of noise', facts, animation, commands: [more] };
    await replaceFile(page, new TextEncoder().encode(pageOf(content)));
    say(`how they grew: ${animation.path}, shown by ${page}`);
  }
  if (globalStep === 0) return;
  say('make more:');
  say(`  ${more}`);
}
