/** Runs as trainings leave them, without training. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/run/checkpoint-write.ts';
import type { MetricsEvent } from '../../src/run/metrics.ts';
import { writeRunConfig } from '../../src/run/run-config.ts';
import { createRun, metricsPath } from '../../src/run/run-directory.ts';
import type { SessionEvent } from '../../src/run/sessions/session-log.ts';
import { config, contentOf, identity } from '../coordinator/runs.ts';

/** A run of a small model that takes no images. */
export async function writeRun(run: string, events: readonly MetricsEvent[], seed = 1): Promise<string> {
  await createRun(run, { resume: false });
  await writeRunConfig(run, { ...config, seed }, { ...identity, seed }, 'relaxed');
  await writeFile(metricsPath(run), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeCheckpoint(run, contentOf(events.at(-1)?.step ?? 1));
  return run;
}

/** A step reported each, its loss falling with some noise, and an evaluation every thousand. */
export function* stepEvents(steps: number, seed = 1): Generator<MetricsEvent> {
  for (let step = 1; step <= steps; step++) {
    const noise = Math.sin(step * 12.9898 * seed) * 0.2;
    const loss = 2.3 * Math.exp((-4 * step) / steps) + 0.05 * (1 + noise);
    const accuracy = Math.max(0, 1 - loss / 2.5);
    yield {
      kind: 'step',
      step,
      epoch: Math.floor(step / 600),
      loss,
      accuracy,
      steps_per_second: 25 + 5 * noise,
    };
    if (step % 1000 === 0) yield { kind: 'evaluation', step, accuracy: 1 - loss / 3, loss: loss * 1.1 };
  }
}

/** A session of two workers, of which one was lost and came back. */
export async function addSession(run: string, steps: number): Promise<void> {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 27, 10, 0, second)).toISOString();
  const events: SessionEvent[] = [
    {
      ...{ kind: 'begin', time: at(0), fromStep: 0, steps, workers: 2, engine: 'wasm', kernels: 'relaxed' },
      ...{ gradpool: '0.1.0', node: 'v26.10.0' },
    },
    { kind: 'worker', time: at(10), step: 30, worker: 1, state: 'lost', reason: 'it ended <early>' },
    { kind: 'worker', time: at(13), step: 40, worker: 1, state: 'back' },
    { kind: 'checkpoint', time: at(25), step: steps },
    { kind: 'end', time: at(27), step: steps, how: 'done' },
  ];
  await appendFile(join(run, 'sessions.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
