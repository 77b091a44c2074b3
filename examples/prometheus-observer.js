/**
 * Keeps what a training says of itself in a file of Prometheus' text format, which OpenTelemetry's collectors read too:
 * node_exporter's textfile collector, or a Prometheus receiver, take it from there.
 *
 *     PROMETHEUS_FILE=/var/lib/node_exporter/gradpool.prom gradpool train --observer examples/prometheus-observer.js
 */
import { renameSync, writeFileSync } from 'node:fs';

const file = process.env.PROMETHEUS_FILE ?? 'gradpool.prom';

/** @type {Map<string, { help: string, type: 'gauge' | 'counter', value: number }>} */
const metrics = new Map();

/**
 * @param {import('gradpool').ObserverEvent} event
 */
export default function prometheus(event) {
  switch (event.kind) {
    case 'start':
      set('gradpool_steps', 'gauge', 'Steps in all.', event.steps);
      set('gradpool_workers', 'gauge', 'Worker threads.', event.workers);
      set('gradpool_workers_lost_total', 'counter', 'Workers that died or hung.', 0);
      set('gradpool_running', 'gauge', 'Whether the training is under way.', 1);
      break;
    case 'step':
      set('gradpool_step', 'gauge', 'Steps done.', event.step);
      set('gradpool_loss', 'gauge', 'Mean loss of the last reported batch.', event.loss);
      set('gradpool_accuracy', 'gauge', 'Share of that batch that is right.', event.accuracy);
      set('gradpool_steps_per_second', 'gauge', 'Steps a second.', event.stepsPerSecond);
      break;
    case 'evaluation':
      set('gradpool_test_loss', 'gauge', 'Mean loss of the test set.', event.loss);
      set('gradpool_test_accuracy', 'gauge', 'Share of the test set that is right.', event.accuracy);
      break;
    case 'worker':
      if (event.state !== 'lost') return;
      set(
        'gradpool_workers_lost_total',
        'counter',
        'Workers that died or hung.',
        countOf('gradpool_workers_lost_total') + 1,
      );
      break;
    case 'end':
      set('gradpool_running', 'gauge', 'Whether the training is under way.', 0);
      break;
    default:
      return;
  }
  write();
}

/**
 * @param {string} name
 * @param {'gauge' | 'counter'} type
 * @param {string} help
 * @param {number | undefined} value
 */
function set(name, type, help, value) {
  if (value !== undefined) metrics.set(name, { type, help, value });
}

/** @param {string} name */
const countOf = (name) => metrics.get(name)?.value ?? 0;

/** Whoever reads it finds a whole file. */
function write() {
  const lines = Array.from(metrics, ([name, { type, help, value }]) =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${shown(value)}`].join('\n'),
  );
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`);
  renameSync(`${file}.new`, file);
}

/** @param {number} value */
const shown = (value) =>
  Number.isFinite(value) ? `${value}` : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
