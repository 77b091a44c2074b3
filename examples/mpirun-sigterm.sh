#!/bin/sh
# mpirun for schedulers that end a job by SIGTERM: sh mpirun-sigterm.sh -np 2 ... npx gradpool train ...
# Open MPI does not pass that signal on; as SIGUSR2 it does, and the training ends with a checkpoint and exit code 143.
mpirun "$@" &
job=$!
trap 'kill -USR2 "$job"' TERM
wait "$job"
code=$?
# A signal ends the waiting, not the job.
while kill -0 "$job" 2> /dev/null; do
  wait "$job"
  code=$?
done
exit "$code"
