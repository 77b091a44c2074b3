/** TensorFlow's libraries out of the tensorflow-cpu wheel, fetched with pip. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runQuietly } from '../process.mjs';
import { cached, checkRoom } from './cache.ts';
import { lastLines, SetupError } from './setup-error.ts';

const version = '2.21.0';

/**
 * The wheels that were tried, by platform and architecture of Node.js. Which CPython it is for does not matter to the
 * libraries in it, so every machine takes the same.
 */
const wheels: Readonly<Record<string, { platform: string; python: string; sha256: string }>> = {
  'linux-x64': {
    platform: 'manylinux_2_27_x86_64',
    python: '311',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
};

/** The wheel, its libraries and its headers. */
const bytesNeeded = 274e6 + 854e6 + 10e6;

export interface Wheel {
  /** The requirement, in a form that pip checks the file by. */
  readonly requirement: string;
  readonly platform: string;
  readonly python: string;
  /** A file that the user has already. */
  readonly file?: string;
}

/**
 * The wheel for this machine.
 * @param file one that the user names instead of having it fetched
 * @throws SetupError where there is none, or the file is for another machine or version
 */
export function chosenWheel(file: string | undefined, machine = thisMachine()): Wheel {
  const known = wheels[machine];
  if (known === undefined)
    throw new SetupError(
      `There is no tensorflow-cpu wheel that gradpool knows for ${machine} (known: ${Object.keys(wheels).join(', ')}): install @tensorflow/tfjs-node by its own means (npm rebuild @tensorflow/tfjs-node); everything but --engine tensorflow works without`,
    );
  const { platform, python, sha256 } = known;
  const wheel = { platform, python, requirement: `tensorflow-cpu==${version} --hash=sha256:${sha256}` };
  return file === undefined ? wheel : { ...wheel, file: checkedFile(file, platform) };
}

function checkedFile(file: string, platform: string): string {
  const architecture = platform.split('_').slice(3).join('_');
  const fits = new RegExp(`^tensorflow(_cpu)?-${version}-.*manylinux.*_${architecture}\\.whl$`);
  if (!fits.test(basename(file)))
    throw new SetupError(
      `Expected a wheel of this machine's platform, like tensorflow_cpu-${version}-cp311-cp311-${platform}.whl, got ${basename(file)}`,
    );
  if (!existsSync(file))
    throw new SetupError(`Expected the wheel to be at ${resolve(file)}, found nothing there`);
  return resolve(file);
}

/** musl is another platform to compiled libraries. */
function thisMachine(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const musl = process.platform === 'linux' && header.glibcVersionRuntime === undefined;
  return `${process.platform}${musl ? '-musl' : ''}-${process.arch}`;
}

/**
 * The folder of the cache with lib/ and include/.
 * @throws SetupError without Python, pip, room, or the wheel
 */
export const librariesIn = (cache: string, wheel: Wheel): Promise<string> =>
  cached(cache, `tensorflow-cpu-${version}-${wheel.platform}`, async (folder) => {
    checkRoom(cache, bytesNeeded);
    const file = wheel.file ?? (await fetchWheel(folder, wheel));
    console.error(`Unpacking ${basename(file)} ...`);
    const script = join(import.meta.dirname, 'extract.py');
    await python([script, file, folder], folder, `Unpacking ${basename(file)} failed`);
    if (wheel.file === undefined) rmSync(file);
    const missing = ['cc', 'framework']
      .map((name) => join('lib', `libtensorflow_${name}.so.2`))
      .find((name) => !existsSync(join(folder, name)));
    if (missing !== undefined)
      throw new SetupError(`Expected ${basename(file)} to hold ${missing}, found none: take another wheel`);
  });

async function fetchWheel(folder: string, { requirement, platform, python: tag }: Wheel): Promise<string> {
  await python(
    ['-m', 'pip', '--version'],
    folder,
    "TensorFlow's libraries are fetched with Python's pip, which does not start: install it (Debian: apt-get install python3-pip) or name a wheel that you have with --wheel FILE",
  );
  console.error(`Fetching tensorflow-cpu ${version} (274 MB) ...`);
  const list = join(folder, 'requirements.txt');
  writeFileSync(list, `${requirement}\n`);
  const target = [
    '--platform',
    platform,
    '--implementation',
    'cp',
    '--python-version',
    tag,
    '--abi',
    `cp${tag}`,
  ];
  await python(
    ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', ...target, '-r', list, '-d', folder],
    folder,
    `pip could not fetch tensorflow-cpu ${version}: check the network and pip's index setting, or name a wheel that you have with --wheel FILE`,
  );
  rmSync(list);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.whl')) ?? 'no wheel');
}

async function python(args: string[], folder: string, failure: string): Promise<void> {
  const { code, output } = await runQuietly('python3', args, folder);
  if (code === 127)
    throw new SetupError(
      "Expected Python 3.9 or newer (python3) to unpack TensorFlow's libraries, found none: install it, then run `npm run setup:tensorflow` again",
    );
  if (code !== 0) throw new SetupError(`${lastLines(output)}\n${failure}`);
}
