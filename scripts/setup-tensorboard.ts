/** `npm run setup:tensorboard`: TensorBoard's own reader, for the test that reads our event files with it. */
import { findPython, type Python, type Requirements, setUpPython } from './python-environment.ts';

const requirements: Requirements = { folder: 'tensorboard', size: 'some 100 MB' };

/** @returns the Python that has TensorBoard, where it was set up */
export const tensorboardPython = (): Python => findPython(requirements);

if (import.meta.main) {
  const python = await setUpPython(requirements, console.error);
  if ('missing' in python) {
    console.error(`TensorBoard could not be set up (${python.missing}): its tests are skipped`);
    process.exitCode = 1;
  }
}
