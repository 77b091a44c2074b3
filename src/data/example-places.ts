import type { Dataset } from './dataset.ts';

/** Where an example was read: `insects/bee/7.png`. */
export type PlaceOf = (example: number) => string;

/** Beside the data sets, not in them: it is no part of what they are. */
const places = new WeakMap<Dataset, PlaceOf>();

/** Notes where a data set's examples were read, for messages about them. @returns the data set */
export function notePlaces(data: Dataset, placeOf: PlaceOf): Dataset {
  places.set(data, placeOf);
  return data;
}

/** Notes the same of a data set that was picked of another one. @returns it */
export function noteSamePlaces(picked: Dataset, from: Dataset, examples: readonly number[]): Dataset {
  const placeOf = places.get(from);
  return placeOf === undefined ? picked : notePlaces(picked, (example) => placeOf(examples[example]));
}

/** Where an example was read; `train[7]` where that is not known. @param part its data set's name */
export const placeOf = (part: string, data: Dataset, example: number): string =>
  places.get(data)?.(example) ?? `${part}[${example}]`;
