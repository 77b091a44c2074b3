/** What ranks have to have alike to train a GAN together. */
import { checkDecisive, decisiveSettings, doubtsOfRanks } from '../coordinator/alike.ts';
import { dataHash } from '../data/dataset-hash.ts';
import type { GanRequest } from '../protocol/gan.ts';
import { players } from '../run/gan-run.ts';
import { modelSha256, parametersSha256 } from '../run/hashes.ts';
import type { Sessions } from './sessions.ts';

/** @throws GradpoolError on every rank that names what differs, and on which one */
export const checkAlike = (request: GanRequest, { discriminator, combined }: Sessions): Promise<void> =>
  checkDecisive([discriminator, combined], () => decisive(request, combined));

function decisive(request: GanRequest, session: Sessions['combined']): Record<string, string> {
  const { config, train, resume, run } = request;
  const { workers, simd, maxRestarts, stepTimeout, ...options } = config;
  const ofPlayers = players.flatMap((player): [string, string][] => {
    const { network, topology, parameters } = request[player];
    return [
      [`\`${player}\``, `SHA-256 ${modelSha256(network, topology, session.engine)}`],
      // What a resumed run goes on from, rank 0 has.
      ...(resume
        ? []
        : [
            [`initial parameters of the ${player}`, `SHA-256 ${parametersSha256(parameters)}`] as [
              string,
              string,
            ],
          ]),
    ];
  });
  return {
    ...decisiveSettings(session, options),
    ...{ '`resume`': `${resume}`, '`run`': run === undefined ? 'none' : 'a directory' },
    'training data': `SHA-256 ${dataHash(train)}`,
    ...Object.fromEntries(ofPlayers),
  };
}

/** Of both networks' updates. */
export const doubtsOf = ({ config }: GanRequest, { discriminator, combined }: Sessions): string[] => [
  ...new Set([discriminator, combined].flatMap((session) => doubtsOfRanks(session, config))),
];
