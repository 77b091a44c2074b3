/** What can be done to a training, and what has to be true afterwards, in words. */
import { readdirSync } from 'node:fs';
import type { Fault, FileFault, ProcessSignal, secondSignal } from './fault.ts';
import type { Trained } from './training.ts';

export type Scenario =
  /** A training whose workers meet these, in a row or at once. */
  | {
      readonly family: 'threads';
      readonly network: NetworkName;
      readonly workers: number;
      readonly faults: readonly Fault[];
    }
  /** A training that no worker can go on with after the 8th step ends with an error, and is resumed without the fault. */
  | {
      readonly family: 'no worker left';
      readonly workers: number;
      readonly faults: readonly Fault[];
      /** Whether the thread of the coordinator, which saves then, is the one that dies. */
      readonly dies: boolean;
    }
  /** In some steps every gradient is NaN, whoever computes it. */
  | {
      readonly family: 'NaN lasting';
      readonly workers: number;
      readonly steps: readonly number[];
      readonly onNan: 'stop' | 'skip';
    }
  /** A command line that is struck, resumed and struck again, and at last left to end. */
  | { readonly family: 'processes'; readonly workers: number; readonly strikes: readonly Strike[] }
  /** A disk that refuses: in one training that goes on, or in one after the other, each resuming the last. */
  | {
      readonly family: 'disk';
      readonly workers: number;
      readonly files: readonly FileFault[];
      readonly onSaveError: 'stop' | 'continue';
    }
  /** Between two halves of a run its newest checkpoint or its data is damaged, once in each of these ways. */
  | {
      readonly family: 'broken checkpoint' | 'broken IDX';
      readonly workers: number;
      readonly damages: readonly Damage[];
    }
  /** So many trainings begin together on one run directory. */
  | { readonly family: 'rivals'; readonly rivals: number; readonly where: RivalPlace }
  /** So many trainings in one program end while their threads load, or soon after. */
  | { readonly family: 'early ends'; readonly what: EarlyEnd; readonly times: number };

/** What such a program does. */
export const earlyEnds = ['stops', 'stops with tensorflow', 'stops among deaths', 'fits'] as const;
export type EarlyEnd = (typeof earlyEnds)[number];

export const rivalPlaces = ['one process', 'processes', 'PID namespaces'] as const;
export type RivalPlace = (typeof rivalPlaces)[number];

/** A small one, or the tutorial's on MNIST digits. */
export type NetworkName = 'small' | 'tutorial';

/** At a task or at the writing of a file, or so many milliseconds after the process began. */
export type Strike =
  | (Fault & { readonly kind: ProcessSignal })
  | (FileFault & { readonly kind: ProcessSignal | typeof secondSignal })
  | { readonly kind: ProcessSignal; readonly point: string; readonly milliseconds: number };

export interface Damage {
  readonly file: string;
  readonly how: 'truncated' | 'bit flipped';
  /** Where in the file, from 0 to 1. */
  readonly at: number;
}

export interface Outcome {
  /** What was found wrong; empty when all was survived. */
  readonly failures: readonly string[];
  /** What was done, and where, and whether it was. */
  readonly struck: readonly Struck[];
  /** Why it could not be done on this machine. */
  readonly skipped?: string;
  /** Milliseconds from each death to its being noticed, and to the worker's being back. */
  readonly noticed: readonly number[];
  readonly back: readonly number[];
}

export interface Struck {
  readonly kind: string;
  readonly point: string;
  readonly struck: boolean;
}

/** The bits of trainings without a fault, for comparison. */
export interface Expected {
  readonly small: string;
  tutorial(): Promise<string>;
  readonly commandLine: string;
  /** By the steps that are left out. */
  skipped(steps: readonly number[]): Promise<string>;
}

export type Family<Name extends Scenario['family']> = Extract<Scenario, { family: Name }>;

export function wrongBits({ result, miscounted }: Trained, sha256: string): string[] {
  const failures: string[] = [];
  if (result.parametersSha256 !== sha256) failures.push(`other bits: ${result.parametersSha256}`);
  if (miscounted.length > 0) failures.push(`steps that miscount their examples: ${miscounted.join(', ')}`);
  return failures;
}

/** Locks and temporary files. */
export function leftIn(run: string): string[] {
  const left = readdirSync(run, { recursive: true }).filter((name) =>
    /(^|\/)(\.tmp-|lock-|gradpool\.lock)/.test(`${name}`),
  );
  return left.map((name) => `left behind: ${name}`);
}
