/** A network's description and data as files, so that peers in any language read the same ones. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryOf } from './data.ts';
import type { PanelNetwork } from './panel.ts';

export interface NetworkFiles {
  /** A JSON file. */
  readonly topology: string;
  /** A directory in MNIST's form. */
  readonly data: string;
}

/** Calls `use` with the files of a network, and removes those that it has made. */
export async function withNetworkFiles<T>(
  { topology, data }: PanelNetwork,
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
