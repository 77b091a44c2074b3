import { type Dataset, dataset } from '../../data/dataset.ts';
import { usageError } from '../../errors.ts';
import { type Exchange, fromRank0 } from '../../exchange/exchange.ts';
import { asCode } from '../../shown.ts';
import type { NamedData } from '../load/data.ts';

/**
 * The data set of a training: each rank's own copy, or rank 0's.
 * @param from as --data-from names it
 */
export async function dataOfRanks(
  exchange: Exchange,
  from: string | undefined,
  load: () => Promise<NamedData>,
): Promise<NamedData> {
  if (from !== undefined && from !== 'own' && from !== 'rank0')
    throw usageError(`Expected \`dataFrom\` to be own or rank0, got ${asCode(from)}`);
  if (from !== 'rank0' || exchange.ranks === 1) return load();
  const own = exchange.rank === 0 ? await load() : undefined;
  const sent = await fromRank0(exchange, 'the data', () => own && asSent(own));
  if (own !== undefined || sent === undefined) return own as NamedData;
  return { ...sent, train: dataset(sent.train), test: dataset(sent.test) };
}

/** Shared memory does not cross. */
const asSent = ({ train, test, ...rest }: NamedData) => ({
  ...rest,
  train: copyOf(train),
  test: copyOf(test),
});

const copyOf = ({ shape, classes, inputs, labels }: Dataset) => ({
  ...{ shape: [...shape], classes },
  ...{ inputs: inputs.slice(), labels: labels.slice() },
});
