/** The models that people train, small: one of each kind. */
import type { ZooModel } from './builders.ts';
import { denseModels } from './dense-models.ts';
import { imageModels } from './image-models.ts';
import { sequenceModels } from './sequence-models.ts';

export const zoo: Readonly<Record<string, ZooModel>> = { ...imageModels, ...sequenceModels, ...denseModels };
