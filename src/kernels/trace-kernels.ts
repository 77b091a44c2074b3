import type { Trace } from '../trace.ts';
import type { Kernels } from './kernels.ts';

/** The kernels, each call noted. */
export function traceKernels(kernels: Kernels, trace: Trace): Kernels {
  const traced = Object.entries(kernels).map(([name, kernel]) => [
    name,
    typeof kernel === 'function'
      ? (...values: unknown[]) => trace.span(name, () => kernel(...values), shareOf(name, values))
      : kernel,
  ]);
  return Object.fromEntries(traced) as Kernels;
}

/** What lists the values that are not zero returns how many they are, or -1 where one is not finite and all count. */
function shareOf(
  name: string,
  [, rows, columns]: readonly unknown[],
): ((count: unknown) => number) | undefined {
  if (name !== 'listByRow' && name !== 'listByColumn') return undefined;
  return (count) => (count === -1 ? 1 : Number(count) / (Number(rows) * Number(columns)));
}
