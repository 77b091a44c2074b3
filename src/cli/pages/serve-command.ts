import { integer } from '../../check.ts';
import { readRunFields } from '../../pages/read-run.ts';
import { latestRunDirectory } from '../../run/run-directory.ts';
import { type PageServer, type Source, servePage } from '../../serve/server.ts';
import { notice, print } from '../print/output.ts';
import type { EvaluationOptions } from './collect.ts';
import { liveSource } from './live-source.ts';

export interface ListenOptions {
  readonly host?: string;
  readonly port?: number;
}

export interface ServeCommandOptions extends ListenOptions, EvaluationOptions {}

const loopback = ['127.0.0.1', '::1', 'localhost'];
const mostPort = 65_535;
const defaultPort = 8080;

/** Serves a run's page until a signal ends the process. */
export async function serveCommand(
  named: string | undefined,
  { host, port, ...options }: ServeCommandOptions,
): Promise<never> {
  if (options.workers !== undefined) integer('workers', options.workers, 1);
  checkPort(port);
  const run = named ?? (await latestRunDirectory());
  await readRunFields(run);
  const { address } = await listen(liveSource(run, options), { host, port });
  print(`${run}: ${address} (Ctrl-C ends it)`);
  return new Promise(() => {});
}

/** @throws GradpoolError when that cannot be listened at */
export async function listen(
  source: Source,
  {
    host = '127.0.0.1',
    port = defaultPort,
  }: { readonly host?: string | undefined; readonly port?: number | undefined },
): Promise<PageServer> {
  checkPort(port);
  const server = await servePage({ host, port, source });
  if (!loopback.includes(host))
    notice(
      `whoever reaches ${host} can read the run and its model: there is no password and no encryption (\`host\`)`,
    );
  return server;
}

function checkPort(port: number | undefined): void {
  if (port !== undefined) integer('port', port, 0, mostPort);
}
