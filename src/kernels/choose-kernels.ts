import { inputError } from '../errors.ts';
import { type CompiledKernels, compileKernels } from './compile-kernels.ts';
import { createTrialProduct, type TrialProduct } from './kernel-trial.ts';
import type { SimdChoice } from './simd.ts';
import type { KernelVariant } from './variants.ts';

/**
 * The kernels to compute with. 'auto' takes the faster of wide and relaxed, tried on a small product, and portable
 * where the runtime has no relaxed SIMD.
 * @throws GradpoolError when this runtime does not accept what was asked for, or when wide gives other bits than relaxed
 */
export async function chooseKernels(simd: SimdChoice): Promise<CompiledKernels> {
  refuseWithoutWebAssembly();
  if (simd === 'relaxed' || simd === 'portable') return accepted(simd, await compileKernels(simd));
  const [wide, relaxed] = await Promise.all([compileKernels('wide'), compileKernels('relaxed')]);
  if (simd === 'auto' && (wide === undefined || relaxed === undefined))
    return accepted('portable', await compileKernels('portable'));
  const choice = tryBoth(accepted('wide', wide), accepted('relaxed', relaxed));
  if (simd === 'auto') return choice.sameBits && choice.wideIsFaster ? choice.wide : choice.relaxed;
  if (choice.sameBits) return choice.wide;
  throw inputError(
    `Expected the wide kernels to give the bits of the relaxed ones, got others from Node.js ${process.version}; set \`simd\` to 'relaxed'`,
  );
}

/** Every engine needs it: the memory that the threads share and the optimizers' kernels are WebAssembly's. */
function refuseWithoutWebAssembly(): void {
  if (typeof WebAssembly !== 'undefined') return;
  throw inputError(
    `Expected a runtime with WebAssembly, got Node.js ${process.version} without it; start Node.js without --jitless (see also NODE_OPTIONS)`,
  );
}

function accepted(name: KernelVariant['name'], kernels: CompiledKernels | undefined): CompiledKernels {
  if (kernels !== undefined) return kernels;
  const [needed, next] =
    name === 'portable'
      ? ['SIMD and threads', 'use a newer Node.js, or a processor with SIMD']
      : ['relaxed SIMD', "set `simd` to 'auto' or use a newer Node.js"];
  throw inputError(
    `Expected a runtime with WebAssembly ${needed} for the ${name} kernels, got Node.js ${process.version}; ${next}`,
  );
}

/** Long enough for V8 to compile both again with its optimising compiler, which alone widens. */
const trialMilliseconds = 25;

/** On busy cores that compiler may come later: as long as wide is not the faster one, so much is waited for it. */
const mostTrialMilliseconds = 100;

/** In turn, and the best time of each: what else the machine does then meets both. */
function tryBoth(wide: CompiledKernels, relaxed: CompiledKernels) {
  const trials = [wide, relaxed].map(({ module }) => createTrialProduct(module));
  const best = trials.map(() => Number.POSITIVE_INFINITY);
  const begun = performance.now();
  const isEnough = (time: number) =>
    time > mostTrialMilliseconds || (time > trialMilliseconds && best[0] < best[1]);
  while (!isEnough(performance.now() - begun))
    trials.forEach((trial, index) => {
      best[index] = Math.min(best[index], timed(trial));
    });
  const [wideResult, relaxedResult] = trials.map((trial) => trial.result());
  return { wide, relaxed, sameBits: wideResult.equals(relaxedResult), wideIsFaster: best[0] < best[1] };
}

function timed(trial: TrialProduct): number {
  const start = performance.now();
  trial.run();
  return performance.now() - start;
}
