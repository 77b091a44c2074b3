/** What goes from one session to another: the same weights, in another order. */
import type { GanRequest } from '../protocol/gan.ts';
import { projectDiscriminator, projectGenerator } from './combined.ts';
import type { GanState, PlayerState } from './gan-state.ts';
import type { Sessions } from './sessions.ts';

export type Hands = ReturnType<typeof handsOver>;

export function handsOver({ generator, discriminator, combined }: GanRequest, sessions: Sessions) {
  const ofGenerator = projectGenerator(generator.network, combined.network);
  const ofDiscriminator = projectDiscriminator(discriminator.network, combined.network);
  const empty = () => new Float32Array(combined.network.parameterCount);
  /** The combined network's, as they were read last: only the generator's updates move them. */
  let combinedValues: Float32Array = empty();
  return {
    /** A combined network's values as the generator's own. */
    ofGenerator: ofGenerator.take,
    /** The discriminator that was just made judges what the generator makes. */
    async discriminatorToCombined(): Promise<void> {
      const { layout } = sessions.discriminator;
      ofDiscriminator.place(await sessions.discriminator.read(layout.parameters), combinedValues);
      await sessions.combined.load(sessions.combined.layout.parameters, combinedValues);
    },
    /** The generator that was just made makes the next examples. @returns its values */
    async generatorFromCombined(): Promise<Float32Array> {
      combinedValues = await sessions.combined.read(sessions.combined.layout.parameters);
      const values = ofGenerator.take(combinedValues);
      await sessions.generator.load(sessions.generator.layout.parameters, values);
      return values;
    },
    inCombined(state: GanState): Pick<PlayerState, 'parameters' | 'optimizer'> {
      const parameters = empty();
      ofGenerator.place(state.generator.parameters, parameters);
      ofDiscriminator.place(state.discriminator.parameters, parameters);
      const { steps, arrays } = state.generator.optimizer;
      const inCombined = arrays.map((array) => {
        const values = empty();
        ofGenerator.place(array, values);
        return values;
      });
      return { parameters, optimizer: { steps, arrays: inCombined } };
    },
  };
}
