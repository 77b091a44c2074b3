/**
 * Logs a training as trackers like Weights & Biases are told of one: `init`, `log` of a step, `finish`; here by a few lines that
 * post them as JSON to TRACKER_URL. With a tracker's own package, put its three functions in the place of `post`.
 *
 *     TRACKER_URL=http://127.0.0.1:8080/runs gradpool train --observer examples/tracker-observer.js
 */

const url = process.env.TRACKER_URL ?? 'http://127.0.0.1:8080/runs';

/** One after the other: a tracker wants its steps in order. */
let last = Promise.resolve();

/** @param {object} body */
function post(body) {
  last = last.then(async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  });
  return last;
}

/**
 * The training does not wait for it, but the command does at its end. Where it fails, that is said and the training goes on.
 * @param {import('gradpool').ObserverEvent} event
 */
export default function tracker(event) {
  switch (event.kind) {
    case 'start': {
      const { steps, workers, engine, run } = event;
      return post({ init: { name: run, config: { steps, workers, engine } } });
    }
    case 'step': {
      const { step, loss, accuracy, metrics, stepsPerSecond } = event;
      return post({ step, log: { loss, accuracy, ...metrics, 'steps/s': stepsPerSecond } });
    }
    case 'evaluation':
      return post({ step: event.step, log: { 'test/loss': event.loss, 'test/accuracy': event.accuracy } });
    case 'end':
      return post({ finish: { exitCode: event.error === undefined ? 0 : 1, error: event.error } });
  }
}
