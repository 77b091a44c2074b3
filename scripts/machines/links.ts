/** The links between the two machines, and how each is made. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createMachines, ip, type Machines } from '../../testing/exchange/machines.ts';

/** How fast a link is; undefined where nothing limits it. */
export interface Speed {
  /** As tc writes it. */
  readonly rate?: string;
  /** Milliseconds each way. */
  readonly delay?: number;
}

/** Two machines of one core each, whose link can be made slower. */
export interface Linked {
  readonly machines: Machines;
  set(speed: Speed): void;
  remove(): void;
}

/** By a veth pair: no delay. */
export function byVeth(): Linked {
  const machines = withOneCoreEach(createMachines());
  return { machines, set: ({ rate }) => machines.shape(rate), remove: () => machines.remove() };
}

/** By a program that carries the packets, late. */
export async function byDelay(): Promise<Linked> {
  const devices = ['a', 'b'].map((end) => `gpd${end}${process.pid}`);
  const carrier = await startCarrier(devices);
  const machines = withOneCoreEach(
    createMachines((names, own) => {
      for (const [at, name] of names.entries())
        ip('link', 'set', devices[at], 'netns', name, 'name', own[at], 'mtu', mtu);
    }),
  );
  return {
    machines,
    set({ rate, delay = 0 }) {
      machines.shape(rate);
      carrier.stdin?.write(`${delay}\n`);
    },
    remove() {
      carrier.kill('SIGKILL');
      machines.remove();
    },
  };
}

/** As of Ethernet's jumbo frames. */
const mtu = '9000';

async function startCarrier(devices: readonly string[]): Promise<ChildProcess> {
  const carrier = spawn('python3', [join(import.meta.dirname, 'delayed_link.py'), ...devices], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.on('exit', () => carrier.kill('SIGKILL'));
  await once(carrier.stdout, 'data');
  return carrier;
}

function withOneCoreEach(machines: Machines): Machines {
  for (const core of [0, 1] as const) machines.before(core, `taskset -p -c ${core} $$ > /dev/null\n`);
  return machines;
}
