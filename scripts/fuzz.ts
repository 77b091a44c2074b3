/** npm run fuzz -- --inputs 200000 --seed 1: damaged files for every reader; exit code 1 when one was not handled. */
import { parseArgs } from 'node:util';
import { fuzz } from '../testing/fuzz/readers.ts';

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
});
const results = await fuzz(Number(values.inputs), Number(values.seed));
for (const { failures } of Object.values(results))
  for (const failure of failures.slice(0, 5)) console.log(failure);
console.table(
  Object.fromEntries(
    Object.entries(results).map(([name, { failures, slowestMilliseconds, ...rest }]) => [
      name,
      { ...rest, failures: failures.length, 'slowest, ms': Number(slowestMilliseconds.toFixed(1)) },
    ]),
  ),
);
console.log(`peak resident memory: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
process.exitCode = Object.values(results).every(({ failures }) => failures.length === 0) ? 0 : 1;
