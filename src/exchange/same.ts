/** What all ranks have to have alike, compared. */
import { inputError } from '../errors.ts';

/** @throws GradpoolError with the ranks that have not what rank 0 has */
export function checkSame(what: string, values: readonly string[]): void {
  const others = values.flatMap((value, rank) => (value === values[0] ? [] : [`${value} on rank ${rank}`]));
  if (others.length > 0)
    throw inputError(
      `Expected the same ${what} on all ranks, got ${values[0]} on rank 0 and ${others.slice(0, mostNamed).join(', ')}${others.length > mostNamed ? ', ...' : ''}`,
    );
}

const mostNamed = 4;
