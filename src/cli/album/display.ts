/** What a GAN's training prints. */
import type { GanEvent, GanLosses, GanRequest, GanResult } from '../../protocol/gan.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import { counted } from '../../shown.ts';
import { asDictionary, count, notice, print, short } from '../print/output.ts';
import { createProgress, type Progress } from '../print/progress.ts';

/** A training, and what its user calls its parts. */
export interface Shown {
  readonly request: GanRequest;
  /** The networks. */
  readonly networks: string;
  /** The data set. */
  readonly data: string;
}

type EventOf<Kind extends GanEvent['kind']> = Extract<GanEvent, { kind: Kind }>;

/** Tells how a training goes. */
export interface GanReporter {
  onEvent(event: GanEvent): void;
  /** The last lines. */
  end(result: GanResult): void;
}

/**
 * Prints how the training goes.
 * @param tell what becomes of workers
 */
export function createDisplay(shown: Shown, tell: (event: EventOf<'worker'>) => void): GanReporter {
  let progress: Progress | undefined;
  return {
    onEvent(event) {
      if (event.kind === 'start') {
        printHeader(shown, event);
        progress = createProgress({ ...event, batchSize: shown.request.config.batchSize });
      }
      if (event.kind === 'notice') notice(event.text);
      if (event.kind === 'worker') tell(event);
      if (event.kind === 'skipped') notice(leftOut(event));
      if (event.kind === 'checkpoint') print(`step ${event.step}: saved ${event.path}`);
      if (event.kind === 'step')
        print(
          `step ${event.step}: ${lossWords(event, ' = ')} (${short(event.stepsPerSecond)} global_step/sec)`,
        );
      if (event.kind === 'step' || event.kind === 'progress') progress?.update(event.step, measuresOf(event));
    },
    end: printGanResult,
  };
}

export const leftOut = ({ step, network, reason }: EventOf<'skipped'>): string =>
  `step ${step}: ${network} left as it was: ${reason}`;

const measuresOf = ({ discriminatorLoss, generatorLoss }: GanLosses) => ({
  ...(discriminatorLoss === undefined ? {} : { discriminator: discriminatorLoss }),
  ...(generatorLoss === undefined ? {} : { generator: generatorLoss }),
});

/** E.g. `discriminator loss = 0.69, generator loss = 0.7`. */
export function lossWords({ discriminatorLoss, generatorLoss }: GanLosses, is: string): string {
  const words = Object.entries({ discriminator: discriminatorLoss, generator: generatorLoss }).flatMap(
    ([network, loss]) => (loss === undefined ? [] : [`${network} loss${is}${short(loss)}`]),
  );
  return words.length === 0 ? 'no update was made' : words.join(', ');
}

function printHeader({ request, networks, data }: Shown, event: EventOf<'start'>): void {
  const { generator, discriminator, train, config, isSigned } = request;
  const { fromStep, steps, workers, engine, stepsPerEpoch, run } = event;
  const toDo =
    fromStep < steps ? `${count(fromStep + 1)} to ${count(steps)}` : `all ${count(steps)} are done`;
  const alone =
    config.pretrainSteps > 0 ? `, the first ${count(config.pretrainSteps)} the discriminator's alone` : '';
  const facts = {
    data: `${data}: ${counted(train.count, 'image')} of ${train.shape.join(' x ')}, ${isSigned ? "scaled to -1 to 1, as the generator's tanh gives" : 'from 0 to 1'}`,
    networks: `${networks}, generator of ${count(generator.network.parameterCount)} and discriminator of ${count(discriminator.network.parameterCount)} parameters`,
    workers: `${counted(workers, 'thread')}, batches of ${config.batchSize} real and as many generated in ${counted(config.shards, 'shard')}`,
    engine,
    optimizer: optimizerWords(request),
    steps: `${toDo}, ${count(stepsPerEpoch)} an epoch${alone}`,
    ...(run === undefined ? {} : { run }),
  };
  print(`gradpool ${packageVersion}`);
  for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(10)}${value}`);
}

export function optimizerWords({ config }: GanRequest): string {
  const { optimizer, discriminatorSteps, generatorSteps } = config;
  const updates =
    discriminatorSteps + generatorSteps === 2
      ? ''
      : `; a step is ${counted(discriminatorSteps, 'update')} of the discriminator and ${generatorSteps} of the generator`;
  return `Adam, learning rate ${optimizer.learningRate}${optimizer.name === 'adam' ? `, beta1 ${optimizer.beta1}` : ''}, for both${updates}`;
}

export function printGanResult({ discriminatorLoss, generatorLoss, globalStep }: GanResult): void {
  print(
    asDictionary({
      ...(discriminatorLoss === undefined ? {} : { discriminator_loss: short(discriminatorLoss) }),
      ...(generatorLoss === undefined ? {} : { generator_loss: short(generatorLoss) }),
      global_step: globalStep,
    }),
  );
}
