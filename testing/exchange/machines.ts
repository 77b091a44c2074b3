/**
 * Two make-believe machines on this one: network namespaces joined by a link, each with its own host name and
 * /dev/shm. Open MPI takes them for machines of a cluster.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, ended } from '../programs.ts';

/** Why ranks cannot be started here; undefined where they can. */
export function whyNoRanks(): string | undefined {
  if (process.platform !== 'linux') return 'no Linux';
  if (!runs('mpirun', '--version')) return 'no mpirun (Debian: openmpi-bin)';
  try {
    createRequire(import.meta.url)('koffi');
    return undefined;
  } catch {
    return 'no koffi';
  }
}

/** Why no machines can be made up here; undefined where they can. */
export function whyNoMachines(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root, who alone can make network namespaces';
  const why = whyNoRanks();
  if (why !== undefined) return why;
  const name = `gptry${process.pid}`;
  if (!runs('ip', 'netns', 'add', name))
    return 'no network namespaces (iproute2, or a container that forbids them)';
  const canMount = runs('ip', 'netns', 'exec', name, 'unshare', '--mount', '--uts', 'true');
  runs('ip', 'netns', 'delete', name);
  return canMount ? undefined : 'no namespaces of mounts and host names';
}

export interface Machines {
  readonly names: readonly [string, string];
  /** The link's end on each of them. */
  readonly devices: readonly [string, string];
  /** Where both of them look for files. */
  readonly directory: string;
  /**
   * Starts a program on so many ranks a machine, by mpirun on the first one.
   * @param mpirun more options of it
   * @param launcher what takes them. Default: mpirun itself
   */
  start(
    ranksAMachine: number,
    program: readonly string[],
    mpirun?: readonly string[],
    launcher?: readonly string[],
  ): ReturnType<typeof spawn>;
  /** Starts a program without mpirun on one of them. @param words for a shell there */
  startOn(machine: 0 | 1, words: readonly string[]): ReturnType<typeof spawn>;
  /** A program without mpirun, in the same directory. */
  alone(program: readonly string[]): Promise<Ended>;
  run(ranksAMachine: number, program: readonly string[], mpirun?: readonly string[]): Promise<Ended>;
  /** What a shell does on one of them before each program that is started there: mounts that only they see. */
  before(machine: 0 | 1, commands: string): void;
  /** The processes on one of them, by what their command lines have. */
  processes(machine: 0 | 1, having: string): number[];
  link(state: 'up' | 'down'): void;
  /** Limits what goes each way over the link, to so many bits a second (`1gbit`); undefined: no more. */
  shape(rate: string | undefined): void;
  remove(): void;
}

let made = 0;

/** Makes the devices at both ends of a link, each in its namespace. */
export type Connect = (names: readonly [string, string], devices: readonly [string, string]) => void;

const byVeth: Connect = (names, [a, b]) =>
  ip('link', 'add', a, 'netns', names[0], 'type', 'veth', 'peer', 'name', b, 'netns', names[1]);

export function createMachines(connect: Connect = byVeth): Machines {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-machines-'));
  const own = `${process.pid}${made++}`;
  const names = [`gpa${own}`, `gpb${own}`] as const;
  const [subnet, addresses] = ['10.213.7.0/24', ['10.213.7.1', '10.213.7.2']];
  const links = [`va${own}`, `vb${own}`] as const;
  for (const name of names) ip('netns', 'add', name);
  connect(names, links);
  for (const [at, name] of names.entries()) {
    ip('-n', name, 'addr', 'add', `${addresses[at]}/24`, 'dev', links[at]);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', links[at], 'up');
  }
  const enter = script(join(directory, 'enter.sh'), entering(directory));
  const cases = addresses.map((address, at) => `${address}) name=${names[at]};;`).join(' ');
  const remote = script(join(directory, 'remote.sh'), agent(cases, enter));
  mkdirSync(join(directory, 'sessions'));
  const settings = [
    ...['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '--mca', 'plm_rsh_agent', remote],
    ...['--mca', 'oob_tcp_if_include', subnet, '--mca', 'btl_tcp_if_include', subnet],
    ...['--mca', 'oob_tcp_keepalive_time', '3', '--mca', 'oob_tcp_keepalive_intvl', '1'],
    ...['--mca', 'oob_tcp_keepalive_probes', '3'],
  ];
  const start: Machines['start'] = (ranks, program, mpirun = [], launcher = ['mpirun']) =>
    spawn(
      enter,
      [
        ...[names[0], 'exec', ...launcher, ...settings, ...mpirun],
        ...['--host', addresses.map((address) => `${address}:${ranks}`).join(), '-np', `${2 * ranks}`],
        ...program,
      ],
      { cwd: directory, env: plainEnvironment() },
    );
  return {
    ...{ names, devices: links, directory, start },
    startOn: (machine, words) =>
      spawn(enter, [names[machine], ...words], { cwd: directory, env: plainEnvironment() }),
    alone: ([name, ...args]) => ended(spawn(name, args, { cwd: directory, env: plainEnvironment() })),
    run: (ranks, program, mpirun) => ended(start(ranks, program, mpirun)),
    before: (machine, commands) => writeFileSync(join(directory, `${names[machine]}.sh`), commands),
    processes: (machine, having) =>
      execFileSync('ip', ['netns', 'pids', names[machine]], { encoding: 'utf8' })
        .split('\n')
        .filter((pid) => pid !== '' && commandLineOf(pid).includes(having))
        .map(Number),
    link: (state) => ip('-n', names[0], 'link', 'set', links[0], state),
    shape(rate) {
      for (const [at, name] of names.entries()) {
        const of = ['dev', links[at], 'root'];
        if (rate === undefined) runs('tc', '-n', name, 'qdisc', 'del', ...of);
        else run('tc', '-n', name, 'qdisc', 'replace', ...of, 'tbf', 'rate', rate, ...bucket);
      }
    },
    remove() {
      for (const name of names) runs('ip', 'netns', 'delete', name);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Into a machine: its name, and a command line. */
const entering = (directory: string) => `#!/bin/sh
name=$1; shift
exec ip netns exec $name unshare --mount --uts sh -c 'hostname "$0"; mount -t tmpfs tmpfs /dev/shm; [ ! -f ${directory}/$0.sh ] || . ${directory}/$0.sh; exec sh -c "$*"' $name "$@"
`;

/** What mpirun takes for ssh. */
const agent = (cases: string, enter: string) => `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
host=$1; shift
case $host in ${cases} *) echo "unknown host $host" >&2; exit 1;; esac
exec ${enter} $name "$@"
`;

function script(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** With spaces; of one that has ended, nothing. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Room for the packets of some milliseconds; none is lost before 50 of them. */
const bucket = ['burst', '512kb', 'latency', '50ms'];

export const ip = (...args: readonly string[]): void => run('ip', ...args);

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: 'pipe' });

function runs(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** As if from a shell: without what npm or Vitest say to their own scripts. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_(?!COMPILE_CACHE)|VITEST)/i.test(name)),
  );
