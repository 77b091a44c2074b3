import type { Layer } from '../../../model/network.ts';
import type { Taking } from './row.ts';

/** Images go one by one; vectors all at once, as the layers around them need them. */
export const isImage = ({ output }: Pick<Layer, 'output'>): boolean => output.length === 3;

/** How a layer takes examples that computes each value for itself. */
export function asImages(layer: Pick<Layer, 'output'>): {
  readonly forward: Taking;
  readonly backward: Taking;
} {
  const taking = isImage(layer) ? 'one by one' : 'all at once';
  return { forward: taking, backward: taking };
}
