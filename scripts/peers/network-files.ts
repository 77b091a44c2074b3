/** The networks' descriptions and data as files, so that peers in any language read the same ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeColouredDigits } from './coloured-digits.ts';
import { mnistDirectory } from './mnist-directory.ts';
import type { PeerNetwork } from './networks.ts';

export type DatasetName = 'mnist' | 'colouredDigits';

export interface NetworkFiles {
  /** A JSON file. */
  readonly topology: string;
  /** A directory in MNIST's four-file form. */
  readonly data: string;
}

/** Calls `use` with the files of a network, and removes those that it has made. */
export async function withNetworkFiles<T>(
  { topology, data }: PeerNetwork,
  use: (files: NetworkFiles) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gradpool-peers-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    const path = join(folder, 'topology.json');
    writeFileSync(path, JSON.stringify(topology));
    return await use({ topology: path, data: await directoryOf[data](folder) });
  } finally {
    remove();
    process.off('exit', remove);
  }
}

const directoryOf: Record<DatasetName, (folder: string) => string | Promise<string>> = {
  mnist: () => mnistDirectory,
  async colouredDigits(folder) {
    const directory = join(folder, 'data');
    mkdirSync(directory);
    await writeColouredDigits(directory);
    return directory;
  },
};
