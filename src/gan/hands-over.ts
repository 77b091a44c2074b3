/** What goes from one session to another: the same weights, in another order. */
import { loadValues } from '../coordinator/state.ts';
import type { GanRequest } from '../protocol/gan.ts';
import { type Projection, projectDiscriminator, projectGenerator } from './combined.ts';
import type { GanState, PlayerState } from './gan-state.ts';
import type { Sessions } from './sessions.ts';

type AnySession = Sessions[keyof Sessions];

export function handsOver({ generator, discriminator, combined }: GanRequest, sessions: Sessions) {
  const ofGenerator = projectGenerator(generator.network, combined.network);
  const ofDiscriminator = projectDiscriminator(discriminator.network, combined.network);
  const empty = () => new Float32Array(combined.network.parameterCount);
  const inCombined = ({
    parameters,
    optimizer,
  }: PlayerState): Pick<PlayerState, 'parameters' | 'optimizer'> => {
    const placed = (values: Float32Array) => {
      const all = empty();
      ofGenerator.place(values, all);
      return all;
    };
    return {
      parameters: placed(parameters),
      optimizer: { steps: optimizer.steps, arrays: optimizer.arrays.map(placed) },
    };
  };
  return {
    /** A combined network's values as the generator's own. */
    ofGenerator: ofGenerator.take,
    /** The discriminator that was just made judges what the generator makes. */
    discriminatorToCombined: () =>
      handWeights(sessions.discriminator, sessions.combined, ofDiscriminator.places),
    /** The generator that was just made makes the next examples. */
    generatorFromCombined: () =>
      handWeights(sessions.combined, sessions.generator, turned(ofGenerator.places)),
    /** The values of a state, in all sessions. */
    async load({ generator, discriminator }: GanState): Promise<void> {
      await loadValues(sessions.discriminator, discriminator);
      await loadValues(sessions.combined, inCombined(generator));
      await sessions.generator.load(sessions.generator.layout.parameters, generator.parameters);
    },
  };
}

const turned = (places: Projection['places']): Projection['places'] =>
  places.map(([own, other]) => [other, own]);

/**
 * Between the current parameters of two sessions with one engine, which keeps a weight in the same order wherever it
 * stands. What is derived of it is made anew, in parts.
 * @param places of each weight among the parameters of the one and of the other
 */
async function handWeights(from: AnySession, to: AnySession, places: Projection['places']): Promise<void> {
  const [source, target] = [from, to].map(({ layout, current }) => layout.parameters[current]);
  for (const [own, other] of places) {
    const [{ first, floats }, there] = [from.layout.weights[own], to.layout.weights[other]];
    to.floats(target + there.first * 4, floats).set(from.floats(source + first * 4, floats));
  }
  const weights = places.map(([, other]) => to.layout.weights[other]);
  const { updateTasks: parts } = to;
  await to.pool.run(
    Array.from({ length: parts }, (_, part) => ({ kind: 'derive', offset: target, weights, part, parts })),
  );
}
