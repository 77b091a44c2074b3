/** The trainings of models that have each layer kind of a family; see trainings.ts. */
import {
  activationsModel,
  broadcastModel,
  cellsModel,
  constrainedModel,
  fewTilesModel,
  imagesModel,
  manyChannelsModel,
  mergingModel,
  noiseModel,
  tilesModel,
} from './layer-models.ts';
import type { TrainCase } from './train-case.ts';

export const layerTrainCases: readonly TrainCase[] = [
  {
    name: 'every activation, softmax in the middle, prelu',
    ...{ model: activationsModel, ways: ['direct', 'direct'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'every convolution, pooling of sequences and of all, images resized and turned',
    ...{ model: imagesModel, ways: ['direct', 'dilated', 'dilated'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'convolutions over images',
    ...{ model: manyChannelsModel, ways: ['over images', 'over images'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'convolutions over images by Winograd transforms',
    ...{ model: fewTilesModel, ways: ['winograd over images'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'convolutions by Winograd transforms',
    ...{ model: tilesModel, ways: ['direct', 'winograd', 'winograd'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'tensors that meet in each way, attention',
    ...{ model: mergingModel, ways: ['direct', 'direct', 'direct', 'direct'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'tensors that are broadcast and normalized, logSoftmax, gelu_new',
    ...{ model: broadcastModel, ways: [] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'constraints of each kind',
    ...{ model: constrainedModel, ways: ['direct'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'a layer at each time, cells on each other',
    ...{ model: cellsModel, ways: ['direct'] },
    options: { momentum: 0.9, steps: 4 },
  },
  {
    name: 'noise of every kind',
    ...{ model: noiseModel, ways: ['direct'] },
    options: { momentum: 0.9, steps: 4 },
  },
];
