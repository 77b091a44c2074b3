/** The page of a training under way, in the thread of the command: reading is all that it does. */
import { usageError } from '../../errors.ts';
import type { TrainEvent } from '../../protocol/requests.ts';
import type { Source } from '../../serve/server.ts';
import { type DataChoice, dataChoice } from '../load/data.ts';
import { notice } from '../print/output.ts';
import type { ListenOptions } from './serve-command.ts';

export interface TrainingPageOptions extends ListenOptions, DataChoice {
  readonly serve?: boolean;
}

export interface TrainingPage {
  /** Learns where the run lies. */
  hear(event: TrainEvent): void;
  /**
   * After the training, until a signal ends the process; at once where one has ended the training.
   * @param leaveOnSignals makes the next signal one that ends the process at once
   */
  stay(signal: AbortSignal, leaveOnSignals: () => void): Promise<void>;
}

/** @returns undefined where none is asked for */
export async function openTrainingPage({
  serve = false,
  host,
  port,
  ...others
}: TrainingPageOptions): Promise<TrainingPage | undefined> {
  if (!serve) {
    for (const [name, value] of Object.entries({ host, port }))
      if (value !== undefined) throw usageError(`Expected \`serve\` beside \`${name}\`, got none`);
    return undefined;
  }
  // Without a page nothing of it is loaded.
  const [{ liveSource }, { listen }] = await Promise.all([
    import('./live-source.ts'),
    import('./serve-command.ts'),
  ]);
  let source: Source = notBegun;
  // Before the training: a port that is in use is no reason to end one.
  const server = await listen(
    later(() => source),
    { host, port },
  );
  notice(`the run's page: ${server.address}`);
  return {
    hear(event) {
      if (event.kind === 'start' && event.run !== undefined)
        source = liveSource(event.run, dataChoice(others).choice);
    },
    async stay(signal, leaveOnSignals) {
      if (signal.aborted) return server.close();
      leaveOnSignals();
      notice(`the page stays at ${server.address} until Ctrl-C`);
      await new Promise(() => {});
    },
  };
}

const notBegun: Source = {
  async page() {
    return { missing: 'The training has not begun yet: its data and model are being read.' };
  },
  async model() {
    return { missing: 'The training has not begun yet.' };
  },
  async profile() {
    return undefined;
  },
  async version() {
    return 'not begun';
  },
};

/** Whatever the source is by then. */
const later = (source: () => Source): Source => ({
  page: () => source().page(),
  model: () => source().model(),
  profile: () => source().profile(),
  version: () => source().version(),
});
