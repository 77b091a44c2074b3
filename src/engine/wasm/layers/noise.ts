import {
  alphaDisturbances,
  deviationOf,
  type NoiseLayer,
  type NoiseName,
} from '../../../model/noise-layers.ts';
import { dropoutThreshold, Purpose } from '../../../random.ts';
import { addressOf, type Operation, type Pass, singleInput, type Tensor } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

export const noiseRow: LayerRow<NoiseLayer> = {
  takes: asImages,
  gradientInPlace: true,
  compile: (node, compiler) => [noise(node, compiler)],
};

/** Makes of an example's random words the factors of its values, and what is added to them. */
type Maker = (pass: Pass, words: number, factors: number, shifts: number) => void;

/** Factors are kept for the way back; shifts and words are needed for one example at a time. */
function noise({ layer, buffers }: CompiledNode<NoiseLayer>, { arena, sizes }: Compiler): Operation {
  const { input, output, dOutput: gradient } = singleInput(buffers);
  const { size } = input;
  /** In whole blocks of words. */
  const wide = Math.ceil(size / 4) * 4;
  const factors: Tensor = { address: arena.floats(sizes.maxExamples * wide), size: wide, transient: false };
  const [words, shifts] = [arena.floats(wide), arena.floats(wide)];
  const make = makers[layer.noise](layer, wide);
  return {
    perExample: isImage(layer),
    forward(pass, first, count) {
      const { kernels, bytes, training, position, step, key } = pass;
      for (let example = first; example < first + count; example++) {
        const [from, to] = [addressOf(input, example), addressOf(output, example)];
        if (!training) {
          bytes.copyWithin(to, from, from + size * 4);
          continue;
        }
        const last = (Purpose.dropout << 24) | layer.index;
        kernels.randomWords(words, 0, wide, position + example, step, last, key[0], key[1]);
        make(pass, words, addressOf(factors, example), shifts);
        kernels.multiply(from, addressOf(factors, example), to, size);
        kernels.addRows(shifts, to, 1, size);
      }
    },
    backward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++) {
        const d = addressOf(gradient, example);
        kernels.multiply(d, addressOf(factors, example), d, size);
      }
    },
  };
}

/** @param wide the values of an example, in whole vectors */
const makers: { readonly [K in NoiseName]: (layer: NoiseLayer, wide: number) => Maker } = {
  spatialDropout1d({ amount, output }, wide) {
    const [threshold, kept] = [dropoutThreshold(amount), Math.fround(1 / (1 - amount))];
    const channels = output[output.length - 1];
    const rows = output.slice(0, -1).reduce((product, length) => product * length, 1);
    return ({ kernels, bytes }, words, factors, shifts) => {
      kernels.chooseByWord(words, words, Math.min(wide, Math.ceil(channels / 4) * 4), threshold, 0, kept);
      kernels.copyRows(words, 0, factors, channels * 4, channels * 4, rows);
      bytes.fill(0, shifts, shifts + wide * 4);
    };
  },
  alphaDropout({ amount }, wide) {
    const threshold = dropoutThreshold(amount);
    const { kept, dropped } = alphaDisturbances(amount);
    return ({ kernels }, words, factors, shifts) => {
      kernels.chooseByWord(words, factors, wide, threshold, dropped.factor, kept.factor);
      kernels.chooseByWord(words, shifts, wide, threshold, dropped.shift, kept.shift);
    };
  },
  gaussianDropout(layer, wide) {
    const deviation = deviationOf(layer);
    return ({ kernels, bytes }, words, factors, shifts) => {
      kernels.normalsOfWords(words, factors, wide);
      kernels.stretch(factors, wide, deviation, 1);
      bytes.fill(0, shifts, shifts + wide * 4);
    };
  },
  gaussianNoise(layer, wide) {
    const deviation = deviationOf(layer);
    return ({ kernels, floats }, words, factors, shifts) => {
      kernels.normalsOfWords(words, shifts, wide);
      kernels.stretch(shifts, wide, deviation, 0);
      floats.fill(1, factors / 4, factors / 4 + wide);
    };
  },
};
