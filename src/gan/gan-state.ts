/** What a GAN goes on from. */
import type { OptimizerState } from '../optimizer/settings.ts';
import type { Player } from '../run/gan-run.ts';

/** A network's values and its optimizer's, in its own natural order. */
export interface PlayerState {
  readonly parameters: Float32Array;
  readonly optimizer: OptimizerState;
  /** In which an update was left out. */
  readonly skippedSteps: readonly number[];
}

export interface GanState extends Readonly<Record<Player, PlayerState>> {
  readonly step: number;
}
