/** Batches of a data set that streams, one at a time, each within a deadline. */
import { object, unexpected } from '../../check.ts';
import { firstLineOf, inputError } from '../../errors.ts';
import { shown } from '../../shown.ts';
import type { Tensors } from '../tensors/examples.ts';
import { disposeBatch } from './batch-tensors.ts';

/** The tensors of a batch: [examples, ...input] and [examples, ...output]. They are disposed once they are read. */
export type TensorBatch =
  | { readonly xs: Tensors; readonly ys: Tensors }
  | readonly [xs: Tensors, ys: Tensors];

/** Gives batches one by one. */
export interface BatchIterator {
  /** The next batch; what is null is passed over. */
  next(): Promise<IteratorResult<unknown>>;
}

/** A data set of tf.data, or anything that makes an iterator as one does. */
export interface DatasetLike {
  /** Begins a pass over the batches. */
  iterator(): PromiseLike<BatchIterator>;
}

/** A list of batches, a generator, and whatever else `for await` goes through. */
export type BatchIterable = Iterable<TensorBatch> | AsyncIterable<TensorBatch>;

/**
 * What batches are taken from: a data set of tf.data, an iterable or async iterable of batches, or a function that
 * returns one, as a generator function does. An iterator, as a generator is one, passes over its batches once.
 */
export type BatchSource =
  | DatasetLike
  | BatchIterable
  | (() => DatasetLike | BatchIterable | PromiseLike<DatasetLike | BatchIterable>);

export interface Pulled {
  readonly value: unknown;
  /** For messages: `dataset[3]`, the fourth of its pass. */
  readonly what: string;
}

export interface Source {
  /**
   * The next batch of the pass; of another pass where it is that one's first.
   * @param epoch for messages
   * @throws GradpoolError where there is none in time, or none at all in a pass; for what the data set throws, its cause
   */
  next(isFirst: boolean, epoch?: number): Promise<Pulled | undefined>;
  /** The first batch of the first pass, which `next` gives again. */
  first(): Promise<Pulled>;
  /** Lets a generator end as `for await` does. */
  close(): Promise<void>;
}

export interface SourceRequest {
  readonly given: BatchSource;
  /** The argument, for messages. */
  readonly name: string;
  /** Seconds to wait for a batch. */
  readonly timeout: number;
  /** What to do where a second pass gives nothing. */
  readonly hint: string;
}

export function openSource({ given, name, timeout, hint }: SourceRequest): Source {
  let iterator: Iterating | undefined;
  let [index, isBegun] = [0, false];
  let waiting: Promise<unknown> | undefined;
  let held: Pulled | undefined;

  async function begin(asked: Asked): Promise<void> {
    await asked(close);
    const made = await asked(() => (typeof given === 'function' ? given() : given));
    iterator = await asked(iteratorOf(made, name));
  }

  async function pull(asked: Asked): Promise<Pulled | undefined> {
    for (;;) {
      const result = (await asked(() => iterator?.next())) ?? { done: true, value: undefined };
      if (result.done) return undefined;
      const value = await asked(() => result.value);
      // As tfjs: nothing is passed over.
      if (value !== undefined && value !== null) return { value, what: `${name}[${index++}]` };
    }
  }

  async function next(isFirst: boolean, epoch?: number): Promise<Pulled | undefined> {
    if (held !== undefined) return take();
    if (isFirst) index = 0;
    const asked = askedFor(name, index, epoch);
    const coming = isFirst ? begin(asked).then(() => pull(asked)) : pull(asked);
    waiting = coming;
    const batch = await within(timeout, coming, name);
    waiting = undefined;
    if (batch === undefined && index === 0) throw noBatches(name, isBegun ? hint : '');
    isBegun = true;
    return batch;
  }

  function take(): Pulled | undefined {
    const taken = held;
    held = undefined;
    return taken;
  }

  async function close(): Promise<void> {
    const last = iterator;
    iterator = undefined;
    disposeBatch(take()?.value);
    await last?.return?.();
  }

  return {
    next,
    async first() {
      held = await next(true);
      if (held === undefined) throw noBatches(name, '');
      return held;
    },
    async close() {
      if (waiting === undefined) return close();
      // It may never come, or be what has failed: nobody waits for it any more.
      void waiting.then(close).catch(() => {});
    },
  };
}

/** Has the data set do something; an error of it is named by the batch that was to come. */
type Asked = <T>(work: () => T | PromiseLike<T>) => Promise<T>;

const askedFor =
  (name: string, index: number, epoch: number | undefined): Asked =>
  async (work) => {
    try {
      return await work();
    } catch (cause) {
      const place = `\`${name}[${index}]\`${epoch === undefined ? '' : ` of epoch ${epoch}`}`;
      throw inputError(`Expected \`${name}\` to give ${place}, got an error: ${firstLineOf(cause)}`, cause);
    }
  };

/** @throws GradpoolError of kind 'usage' for what no batches can be taken from */
export function checkSource(value: unknown, name: string): asserts value is BatchSource {
  if (typeof value === 'function') return;
  const source = object(value, name, takes);
  if (!methods.some((method) => typeof source[method] === 'function'))
    throw unexpected(name, 'a data set', value, takes);
}

const takes = 'pass a tf.data.Dataset, an iterable of { xs, ys } or [x, y], or a function that returns one';

const methods = ['iterator', Symbol.asyncIterator, Symbol.iterator, 'next'] as unknown as string[];

interface Iterating {
  next(): PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(): unknown;
}

/** @returns how to begin a pass */
function iteratorOf(made: unknown, name: string): () => Iterating | PromiseLike<Iterating> {
  const of = Object(made) as Iterating & {
    iterator(): PromiseLike<Iterating>;
    [Symbol.asyncIterator](): Iterating;
    [Symbol.iterator](): Iterating;
  };
  if (typeof of.iterator === 'function') return () => of.iterator();
  if (typeof of[Symbol.asyncIterator] === 'function') return () => of[Symbol.asyncIterator]();
  if (typeof of[Symbol.iterator] === 'function' && typeof made !== 'string')
    return () => of[Symbol.iterator]();
  if (typeof of.next === 'function') return () => of;
  throw inputError(`Expected \`${name}\` to return batches to iterate over, got ${shown(made)}`);
}

const noBatches = (name: string, hint: string) =>
  inputError(
    hint === ''
      ? `Expected \`${name}\` to give at least one batch, got none`
      : `Expected \`${name}\` to give its batches again for another pass, got none: an iterator passes over them once; ${hint}`,
  );

async function within<T>(seconds: number, work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          inputError(
            `Expected \`${name}\` to give its next batch within ${seconds} seconds, got none; give it more with \`batchTimeout\``,
          ),
        ),
      seconds * 1000,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
