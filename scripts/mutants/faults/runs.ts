/** Faults in evaluation, resuming and recovery. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';
import { bits } from './witnesses.ts';

const resumedBits = bits(
  'a run that is resumed at step 37 with another number of workers > ends with the bits of one that was never interrupted, with momentum 0.9',
);

const evaluation = (test: string): Witness => ({
  file: tests.evaluation,
  test: `after 60 steps of training > ${test}`,
});

const accuracyAndLoss = evaluation('accuracy and loss are those of plain TensorFlow.js');

const reported = evaluation(
  "a training's reported probabilities are in the batch's order: with its labels they give its loss and accuracy",
);

const evaluating: readonly Mutant[] = [
  {
    name: "a step's accuracy is that of its first shard",
    file: sources.step,
    find: 'correct: total(({ correct }) => correct) / examples',
    replace: 'correct: (shards[0].correct * shards.length) / examples',
    witness: reported,
  },
  {
    name: "the test set's last examples are not evaluated",
    file: sources.evaluate,
    find: 'Math.ceil(count / size)',
    replace: 'Math.floor(count / size)',
    witness: accuracyAndLoss,
  },
  {
    name: 'the mean is over whole tasks instead of examples',
    file: sources.evaluate,
    find: 'loss: totalOf(sums, ({ loss }) => loss) / count',
    replace: 'loss: totalOf(sums, ({ loss }) => loss) / (sums.length * evaluationExamples)',
    witness: accuracyAndLoss,
  },
  {
    name: 'evaluation drops values as training does',
    file: sources.wasm,
    find: 'pass.training = false;',
    replace: 'pass.training = true;',
    witness: accuracyAndLoss,
  },
  {
    name: "the evaluation's sum depends on the workers",
    file: sources.evaluate,
    find: 'await finiteOf(session, tasks, done, failed)',
    replace:
      '(await finiteOf(session, tasks, done, failed)).toSorted((a, b) => (a.sums[0].loss - b.sums[0].loss) * (session.workers - 1))',
    witness: bits('the bits > of the evaluation are the same for 1, 2, 3 and 8 workers'),
  },
  {
    name: 'predictions lie one row before their place',
    file: sources.task,
    find: 'data.predictions + row * network.classes * 4',
    replace: 'data.predictions + Math.max(row - 1, 0) * network.classes * 4',
    witness: evaluation('the predicted probabilities of every example are those of plain TensorFlow.js'),
  },
  {
    name: 'each shard reports its predictions in the first rows',
    file: sources.task,
    find: 'row: task.first, parameters',
    replace: 'row: 0, parameters',
    witness: reported,
  },
];

const resuming: readonly Mutant[] = [
  {
    name: 'a resumed run begins without velocity',
    file: sources.resumed,
    find: '? optimizerState :',
    replace: '? optimizerState.slice(9) :',
    witness: resumedBits,
  },
  {
    name: 'a resumed run begins with the initial values',
    file: sources.train,
    find: 'trainer.load(from, streamed)',
    replace: 'trainer.load({ ...from, parameters: request.model.parameters }, streamed)',
    witness: resumedBits,
  },
  {
    name: 'a resumed run does its last step again',
    file: sources.resumed,
    find: '...{ step, skippedSteps, parameters,',
    replace: '...{ step: step - 1, skippedSteps, parameters,',
    witness: resumedBits,
  },
];

const pool = (test: string): Witness => ({ file: tests.supervised, test });

const reliability: readonly Mutant[] = [
  {
    name: "a dead worker's task is left out",
    file: sources.queue,
    find: 'else queue.unshift(job);',
    replace: 'else job.resolve(undefined);',
    witness: pool(
      'a worker that dies > has its task done by another one, and the replies stay in the order of the tasks',
    ),
  },
  {
    name: 'the memory of a worker that was given up is used again before its thread has ended',
    file: sources.seat,
    find: 'const hasEnded = await lost.end();',
    replace: 'void lost.end();\n    const hasEnded = true;',
    witness: pool('a worker that dies > keeps its task until its thread has ended: it could still write'),
  },
  {
    name: 'the late reply of a worker that was given up counts',
    file: sources.seat,
    find: "if (this.#job !== next || this.#state !== 'busy') return;",
    replace: '',
    witness: pool(
      'a worker that does not answer within the deadline is ended, and its task done by another one.',
    ),
  },
  {
    name: 'a task is done again by the worker that it shall not be done by',
    file: sources.queue,
    find: '(job) => job.notBy !== worker || isLast()',
    replace: '() => true || isLast()',
    witness: pool('a task goes to another worker than the one it shall not be done by, whoever is free.'),
  },
  {
    name: 'deadlines go on while the process is suspended',
    file: sources.watch,
    find: 'Math.min(at - ticked, 2 * tickMilliseconds)',
    replace: 'at - ticked',
    witness: {
      file: tests.watch,
      test: 'the clock of the deadlines hardly goes on while this thread stands still, as in a process that is suspended.',
    },
  },
  {
    name: 'a shard that is not finite is computed again by the same worker',
    file: sources.notFinite,
    find: '{ notBy },',
    replace: '{ notBy: notBy.slice(notBy.length) },',
    witness: {
      file: tests.notFinite,
      test: 'a shard that is not finite > is computed again, each by another worker than before, and the results change',
    },
  },
  {
    name: 'an update that is not finite is taken',
    file: sources.step,
    find: 'if (!done.applied.finite) throw overflows(work);',
    replace: '',
    witness: {
      file: tests.step,
      test: 'an update that overflows is refused, with parameters and state as they were: 2 workers.',
    },
  },
  {
    name: 'the update is made in place',
    file: sources.update,
    find: 'const next = otherBuffer(current);',
    replace: 'const next = current;',
    witness: {
      file: tests.update,
      test: 'the update of a part of the parameters > has the bits of a plain tree and a plain loop, with 3 shards',
    },
  },
  {
    name: "a checkpoint's checksums are not looked at",
    file: sources.checkpointRead,
    find: 'if (found !== record.sha256)',
    replace: 'if (found === undefined)',
    witness: {
      file: tests.checkpoint,
      test: 'A broken checkpoint > is passed over by the name of weights.bin when one byte of it was changed, wherever',
    },
  },
  {
    name: "a finished run's last evaluation is recorded again",
    file: sources.recorder,
    find: 'if (isRecorded) return;',
    replace: '',
    witness: {
      file: tests.recordedOnce,
      test: 'with `evalEvery` 0, a finished run that is resumed evaluates, and each line stands once.',
    },
  },
  {
    name: 'the lock of a living training is taken over',
    file: sources.runLock,
    find: 'return native.tryLock(fd);',
    replace: 'return native.tryLock(fd) || true;',
    witness: {
      file: tests.runLock,
      test: 'A run directory > has one training at a time, and then none',
    },
  },
  {
    name: 'the lock of a file that was removed counts',
    file: sources.runLock,
    find: 'if (isStillThere(path, fd)) {',
    replace: 'if (fd >= 0) {',
    witness: {
      file: tests.runLock,
      test: 'A run directory > never has two trainings, though threads come and go all the time',
    },
  },
];

export const runFaults: readonly Mutant[] = [...evaluating, ...resuming, ...reliability];
