/**
 * What a classifier of MNIST reads in generated digits: how many it is sure of, which classes, and how far their
 * features (the 1,024 of its dense layer) are from those of MNIST's test images. A minute a file.
 *
 *     node scripts/gan/quality.ts CLASSIFIER'S-RUN IMAGES.idx...
 *
 * The run is one of `gradpool train`, the images of `gradpool sample --count 10000 images.idx`.
 */
import { basename } from 'node:path';
import { mnist } from '../../src/data/mnist.ts';
import { idxImages, readIdx } from '../../src/formats/idx/idx.ts';
import { enableWideKernels } from '../../src/runtime/wide-kernels.ts';
import { featureCount, openClassifier, type Readings } from './classifier.ts';
import { distanceFrom, normalOf } from './frechet.ts';

enableWideKernels();
const [run, ...files] = process.argv.slice(2);
if (run === undefined)
  throw new Error('Expected the run of a classifier of MNIST, as `gradpool train` makes it');
const classifier = await openClassifier(run);
const { test } = await mnist();
const distance = distanceFrom(normalOf(await classifier.featuresOf(test.inputs), featureCount));
for (const file of files) {
  const { values } = await readIdx(file, idxImages);
  const features = await classifier.featuresOf(values);
  console.log(basename(file), shown(classifier.read(features)));
  console.log(basename(file), 'Fréchet distance', distance(normalOf(features, featureCount)).toFixed(2));
}

function shown({ images, sure, digits }: Readings): string {
  const percent = (part: number) => `${((100 * part) / images).toFixed(1)} %`;
  return `surer than 0.9 of ${percent(sure)} of ${images}; as 0 to 9: ${digits.map(percent).join(', ')}`;
}
