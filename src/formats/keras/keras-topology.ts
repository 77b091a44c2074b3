import { inputError } from '../../errors.ts';
import { describe, type JsonObject, readLayerConfig, show } from '../../model/keras/config/layer-config.ts';
import { allLayersWithin, type LayerJson, modelConfig } from '../../model/keras/config/topology.ts';
import { hardSigmoidOfKeras3 } from '../../model/keras/keras3.ts';
import { inFile } from '../in-file.ts';
import { readTopology } from '../layers-model/layers-format.ts';
import type { ModelSource } from '../model-source.ts';

export interface KerasTopology extends Pick<ModelSource, 'topology' | 'wayOut'> {
  /** Whether gates have the hard sigmoid of Keras 3: it stands there as that of Keras 2, for which weights are scaled. */
  readonly hasKeras3Gates: boolean;
}

/**
 * The configuration of a model of Keras in the words of TensorFlow.js, where both mean the same.
 * @param version of the Keras that wrote it
 * @throws GradpoolError that names a layer that is code, or that means something else to TensorFlow.js
 */
export async function readKerasTopology(
  file: string,
  json: JsonObject,
  version: string,
): Promise<KerasTopology> {
  const read = await readTopology(file, json);
  return inFile(file, () => {
    const layers = allLayersWithin(modelConfig(read.topology) as unknown as LayerJson);
    for (const [index, layer] of layers.entries()) {
      refuseCode(layer, index);
      refuseHalfPixels(layer, index);
      refuseResetAfter(layer, index);
    }
    const configs = layers.flatMap(({ config }) => withCells(config));
    const hasKeras3Gates = configs.map((config) => renameHardSigmoids(config, version)).includes(true);
    return { ...read, hasKeras3Gates };
  });
}

function refuseCode(layer: LayerJson, index: number): void {
  if (layer.class_name === 'Lambda')
    throw inputError(
      `Layer ${describe(readLayerConfig(layer, index))} is code of Python, which is not run; put layers in its place that say what they compute`,
    );
}

/** Keras' bilinear up-sampling takes pixels by their centers, TensorFlow.js's by their corners. */
function refuseHalfPixels(layer: LayerJson, index: number): void {
  const { interpolation = 'nearest' } = layer.config;
  if (layer.class_name === 'UpSampling2D' && interpolation !== 'nearest')
    throw inputError(
      `Layer ${describe(readLayerConfig(layer, index))} has the interpolation ${show(interpolation)}, which Keras computes otherwise than TensorFlow.js; take "nearest"`,
    );
}

/** Keras' default; the two have other weights. */
function refuseResetAfter(layer: LayerJson, index: number): void {
  if (layer.config.reset_after === true)
    throw inputError(
      `Layer ${describe(readLayerConfig(layer, index))} has \`reset_after\`, which TensorFlow.js does not compute; make and train it with reset_after=False`,
    );
}

/** The configuration of a layer, and those of the cells in it. */
function withCells(config: object): Record<string, unknown>[] {
  const { cell, cells } = config as Record<string, unknown>;
  const inner = (Array.isArray(cells) ? cells : [cell]).map((one) => Object(one).config);
  return [
    config as Record<string, unknown>,
    ...inner.filter((one) => typeof one === 'object' && one !== null).flatMap(withCells),
  ];
}

/**
 * Where they are Keras 2's (which too may write .keras), or those of gates: others stay as they are, and are refused.
 * @returns whether gates have Keras 3's
 */
function renameHardSigmoids(config: Record<string, unknown>, version: string): boolean {
  const isKeras2 = /^[12]\b/.test(version);
  const fields = Object.keys(config).filter((field) => config[field] === hardSigmoidOfKeras3);
  const renamed = fields.filter((field) => isKeras2 || field === 'recurrent_activation');
  for (const field of renamed) config[field] = 'hard_sigmoid';
  return !isKeras2 && renamed.length > 0;
}
