/** A training told to a program, or to nobody but at its end. */
import { usageError } from '../errors.ts';
import type { GanEvent } from '../protocol/gan.ts';
import type { TrainEvent } from '../protocol/requests.ts';
import { type GanReporter, leftOut, printGanResult } from './album/display.ts';
import { notice, print } from './print/output.ts';
import { printResult, type Reporter, workerNews } from './report.ts';

/** @throws GradpoolError of kind 'usage' where both are asked for */
export function checkTelling({ json = false, quiet = false }: Telling): void {
  if (json && quiet) throw usageError('Expected one of `json` and `quiet`, got both');
}

interface Telling {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** A line of JSON for each event that is not only a sign of life, and one for the result. */
export function jsonReporter(): Reporter {
  return {
    onEvent(event) {
      if (event.kind === 'progress' || event.kind === 'evaluating') return;
      printJson(event);
    },
    end: ({ parameters: _, ...result }) => printJson({ kind: 'result', ...result }),
  };
}

/** The same of a GAN; of its samples, which lie in the run as pictures, not the values. */
export function jsonGanReporter(): GanReporter {
  return {
    onEvent(event) {
      if (event.kind === 'progress') return;
      const { images: _, ...told } = { images: undefined, ...event };
      printJson(told);
    },
    end: ({ generator: _, discriminator: _other, ...result }) => printJson({ kind: 'result', ...result }),
  };
}

/** Nothing but the result, and what the user should know although he asked for quiet. */
export function quietReporter(): Reporter {
  return {
    onEvent(event) {
      noticeOf(event);
      if (event.kind === 'skipped') notice(`step ${event.step} is left out: ${event.reason}`);
    },
    end: (result) => printResult(result),
  };
}

/** The same of a GAN. */
export function quietGanReporter(): GanReporter {
  return {
    onEvent(event) {
      noticeOf(event);
      if (event.kind === 'skipped') notice(leftOut(event));
    },
    end: printGanResult,
  };
}

function noticeOf(event: TrainEvent | GanEvent): void {
  if (event.kind === 'notice') notice(event.text);
  if (event.kind === 'worker') notice(workerNews(event));
}

const printJson = (fields: object): void => print(JSON.stringify(fields, asPlain));

/** Probabilities are numbers in a list; a number that JSON lacks is null. */
const asPlain = (_: string, value: unknown): unknown =>
  value instanceof Float32Array ? Array.from(value) : value;
