/** `npm run setup:formats`: what else opens models' files, for the tests of exports and imports: Keras, onnxruntime, safetensors. */
import { findPython, type Python, type Requirements, setUpPython } from './python-environment.ts';

// Keras computes by NumPy there, which takes no time to compile; jax is what that needs.
const requirements: Requirements = { folder: 'formats', size: 'some 250 MB' };

/** @returns the Python that has them, where it was set up */
export const formatsPython = (): Python => findPython(requirements);

if (import.meta.main) {
  const python = await setUpPython(requirements, console.error);
  if ('missing' in python) {
    console.error(
      `The readers of models' files could not be set up (${python.missing}): their tests are skipped`,
    );
    process.exitCode = 1;
  }
}
