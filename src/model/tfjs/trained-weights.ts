/** Which weights of a live model a training moves. What `compile` collected stands in no configuration. */
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { inputError } from '../../errors.ts';
import { isObject, show } from '../keras/config/layer-config.ts';
import { type LayerJson, layersWithin, modelConfig } from '../keras/config/topology.ts';

type Layer = LayersModel['layers'][number];

/** A model's weights: first those that a training moves, then the others, each in the order of the layers. */
export interface SplitWeights {
  readonly trained: readonly LayerVariable[];
  readonly others: readonly LayerVariable[];
}

export const trainedWeights = (model: LayersModel): SplitWeights => splitBy(model, movedWeights(model));

/**
 * What a training would move: as tfjs, what `compile` collected and is not frozen now; of a model that is not compiled,
 * what is not frozen. (So what was thawed after `compile` does not move.)
 */
export const movedWeights = (model: LayersModel): readonly LayerVariable[] =>
  (collectedWeights(model) ?? model.trainableWeights).filter((weight) => weight.trainable);

/** What is not frozen now, and the rest: for what moves no weight. */
export const currentSplit = (model: LayersModel): SplitWeights => splitBy(model, model.trainableWeights);

function splitBy(model: LayersModel, moved: readonly LayerVariable[]): SplitWeights {
  const all = new Set(leafLayers(model.layers).flatMap((layer) => layer.weights));
  const trained = new Set(moved.filter((weight) => all.has(weight)));
  return { trained: [...trained], others: [...all].filter((weight) => !trained.has(weight)) };
}

/** What `compile` collected. The optimizer has a place for each, also for what was frozen since. */
export function collectedWeights(model: LayersModel): readonly LayerVariable[] | undefined {
  // A sequential model trains one that it holds.
  const { model: held } = model as { model?: LayersModel };
  return ((held ?? model) as unknown as { collectedTrainableWeights?: readonly LayerVariable[] })
    .collectedTrainableWeights;
}

/**
 * The model's configuration, its layers' `trainable` set so that the model made of it trains just these weights.
 * @param topology is changed
 * @throws GradpoolError that names a layer of which some weights move and some do not
 */
export function setTrained(topology: object, model: LayersModel, { trained }: SplitWeights): void {
  const moves = new Set(trained);
  setFlags(modelConfig(topology) as unknown as LayerJson, model.layers, moves);
}

function setFlags(container: LayerJson, layers: readonly Layer[], moves: ReadonlySet<LayerVariable>): void {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  for (const json of layersWithin(container)) {
    const layer = byName.get(String(json.config.name));
    if (layer === undefined) continue;
    if (isContainer(layer)) setFlags(json, layer.layers, moves);
    else setFlag(json, isTrained(layer, moves));
  }
}

/** Undefined for a layer without weights that could move: its flag means nothing. */
function isTrained(layer: Layer, moves: ReadonlySet<LayerVariable>): boolean | undefined {
  const { _nonTrainableWeights: fixed } = layer as unknown as { _nonTrainableWeights: LayerVariable[] };
  const movable = layer.weights.filter((weight) => !fixed.includes(weight));
  const moved = movable.filter((weight) => moves.has(weight)).length;
  if (moved > 0 && moved < movable.length && !isComposed(layer))
    throw inputError(
      `Expected all weights of layer ${show(layer.name)} (${layer.getClassName()}) to train, or none, got ${moved} of ${movable.length}; set \`trainable\` of the whole layer, and compile the model again`,
    );
  return movable.length === 0 ? undefined : moved > 0;
}

/** A recurrent layer or a wrapper: its weights are those of a layer in it, which may hold some that never train. */
const isComposed = (layer: Layer): boolean =>
  (layer as unknown as { _trainableWeights: unknown[] })._trainableWeights.length === 0;

function setFlag(json: LayerJson, trains: boolean | undefined): void {
  const config = json.config as { trainable?: unknown };
  if (trains !== undefined && (config.trainable ?? true) !== trains) config.trainable = trains;
  for (const within of layersWithin(json)) setFlag(within, trains);
}

const isContainer = (layer: Layer): layer is Layer & Pick<LayersModel, 'layers'> =>
  Array.isArray((layer as unknown as LayersModel).layers);

/** The layers of a model, and in place of models among them theirs. */
export const leafLayers = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer) => (isContainer(layer) ? leafLayers(layer.layers) : [layer]));

/** @throws GradpoolError for a layer that a sequential model holds twice: its configuration would be of two layers */
export function refuseRepeated({ layers }: LayersModel): void {
  const seen = new Set<Layer>();
  for (const layer of layers) {
    if (seen.has(layer))
      throw inputError(
        `Expected each layer to stand once in a sequential model, got layer ${show(layer.name)} (${layer.getClassName()}) twice; share its weights in a functional model, tf.model({ inputs, outputs })`,
      );
    seen.add(layer);
  }
}

/** @throws GradpoolError for a layer with a function of the caller's, which no thread could call */
export function refuseHooked({ layers }: LayersModel): void {
  const hooked = leafLayers(layers).find((layer) => (layer as unknown as { _callHook: unknown })._callHook);
  if (hooked !== undefined)
    throw inputError(
      `Expected layers without a call hook, which is not called in threads, got layer ${show(hooked.name)} (${hooked.getClassName()}) with one; take it off with its \`clearCallHook()\``,
    );
}

/** Whether it has what every tf.LayersModel has: something else may have `toJSON` and `getWeights` only. */
export const hasLayers = (model: unknown): model is LayersModel =>
  isObject(model) && Array.isArray(model.layers);
