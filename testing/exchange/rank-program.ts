/** A rank: makes the trainings of its argument, a JSON list, and prints a line of JSON for each. */
import { bitsOf, makeTraining, type Training } from './trainings.ts';

for (const { options, ...rest } of JSON.parse(process.argv[2]) as Training[]) {
  const result = await makeTraining({ ...rest, options: { ...options, exchange: 'mpi' } });
  console.log(`bits ${JSON.stringify(bitsOf(result))}`);
}
