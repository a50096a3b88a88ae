# shellcheck shell=bash
# Sourced by run.sh, slurm.sh and the batch scripts of the latter: a command that is run once for each number of a
# range.
#
#   1. parse_arguments reads JOB=FIRST:LAST, the name of the logs and the command.
#   2. pick_jobs decides by the logs of an earlier call which numbers are run.
#   3. run_job runs one of them and prints its log: a header, what the command prints, a footer with the exit code.
#   4. report reads all logs of the range, so that a job which was not picked and has not ended well is named too.

readonly JOB_HEADER='# Started' JOB_FOOTER='# Ended (code '
readonly JOB_STOPPED=75 # a tool that was told to stop, has saved, and continues when started again

job_first=1 job_last=1 job_log='' job_pick=all
job_command=()
job_words='[options] [JOB=FIRST:LAST] LOG.JOB.txt COMMAND [ARGUMENT...]' # of a script's usage line

# job_usage MESSAGE: ends the script with exit code 2.
job_usage() {
  echo "${0##*/}: $1" >&2
  echo "usage: ${0##*/} $job_words; --help says more" >&2
  exit 2
}

# job_help FILE: prints the comment at the top of a script.
job_help() {
  sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$1"
  exit 0
}

# job_number WHAT VALUE: a whole number above 0, or a usage error.
job_number() {
  [[ $2 =~ ^[1-9][0-9]{0,6}$ ]] || job_usage "$1: found \"$2\", expected a whole number above 0"
}

# set_pick WORDS: all, or failed and incomplete with a comma between them.
set_pick() {
  [[ $1 =~ ^(all|failed|incomplete)(,(all|failed|incomplete))*$ ]] ||
    job_usage "--pick: found \"$1\", expected all, failed, incomplete, or failed,incomplete"
  job_pick=$1
}

# parse_arguments [JOB=FIRST:LAST] LOG COMMAND...
parse_arguments() {
  local range
  if [[ ${1:-} == JOB=* ]]; then
    range=${1#JOB=}
    [[ $range =~ ^(0|[1-9][0-9]{0,6}):(0|[1-9][0-9]{0,6})$ ]] ||
      job_usage "JOB: found \"$range\", expected two whole numbers, as in JOB=1:20"
    job_first=${range%:*} job_last=${range#*:}
    ((job_first <= job_last)) || job_usage "JOB=$range: expected the smaller number first"
    shift
  elif [[ ${1:-} == *JOB* ]]; then
    job_usage "found JOB in the log's name, expected a range before it, such as JOB=1:20"
  fi
  (($# >= 2)) || job_usage "expected the name of a log and a command"
  job_log=$1 job_command=("${@:2}")
  [[ $job_log != -* ]] || job_usage "found $job_log, expected the name of a log"
  [[ $job_log == *JOB* ]] || ((job_first == job_last)) ||
    job_usage "the name of the log is $job_log, expected JOB in it: each job needs a log of its own"
}

# log_of JOB
log_of() { printf '%s' "${job_log//JOB/$1}"; }

# ended_with JOB: prints the exit code in the footer of its log; nothing where the job has not started or not ended.
ended_with() {
  local line
  line=$(grep -a -e "^$JOB_HEADER" -e "^$JOB_FOOTER" "$(log_of "$1")" 2>/dev/null | tail -n 1) || :
  [[ $line == "$JOB_FOOTER"* ]] || return 0
  line=${line#"$JOB_FOOTER"}
  printf '%s' "${line%%)*}"
}

# pick_jobs: sets `picked` to the numbers that --pick asks for, and makes the folders of their logs. The log of a job
# that will run again is removed, so that nothing mistakes the old one for the new.
pick_jobs() {
  local job code why
  picked=()
  for ((job = job_first; job <= job_last; ++job)); do
    if [[ ,$job_pick, != *,all,* ]]; then
      code=$(ended_with "$job")
      if [[ -z $code ]]; then why=incomplete; else why=failed; fi
      [[ $code != 0 && ,$job_pick, == *",$why,"* ]] || continue
    fi
    { mkdir -p "$(dirname "$(log_of "$job")")" && rm -f "$(log_of "$job")"; } || exit 73
    picked+=("$job")
  done
}

# quoted WORD...: as a line that a shell would read back; only what needs quotes has them.
quoted() {
  local word line=
  for word; do
    [[ $word =~ ^[-A-Za-z0-9_./:=,@%+^]+$ ]] || word=${word@Q}
    line+=" $word"
  done
  printf '%s\n' "${line# }"
}

# Runs a command in the foreground and prints the footer. A process of its own, since a signal that interrupts `wait` can
# lose the exit code that it waits for; in the foreground a signal waits until the command has ended. `exec` takes the
# program `eval`, not the shell's own word.
# shellcheck disable=SC2016
readonly JOB_RUNNER='trap : TERM INT USR1
(exec -- "${@:2}")
printf "\n%s%d) at %s, %d s\n" "$1" "$?" "$(date -u +%FT%TZ)" "$SECONDS"'

# run_job JOB: runs it and prints its log. SIGTERM, SIGINT and SIGUSR1 are passed on as SIGTERM; then the command is
# waited for, since it may have to finish a step and save. It has a session of its own, so that Ctrl-C on a terminal
# reaches it once, from here, and so that a pipeline in `bash -c` gets the signal whole.
run_job() {
  local job=$1 pid='' stop=0 command=("${job_command[@]//JOB/$1}")
  trap 'stop=1; [[ -z $pid ]] || kill -TERM -- "-$pid" 2>/dev/null' TERM INT USR1
  echo "# $(quoted "${command[@]}")"
  echo "$JOB_HEADER job $job of $job_first:$job_last on $(hostname) at $(date -u +%FT%TZ)"
  # For --shard=auto: the whole range, also where only some of it was picked, and without Slurm too.
  export SLURM_ARRAY_TASK_ID=$job SLURM_ARRAY_TASK_MIN=$job_first SLURM_ARRAY_TASK_MAX=$job_last \
    SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=$((job_last - job_first + 1))
  ((!stop)) || return
  setsid bash -c "$JOB_RUNNER" - "$JOB_FOOTER" "${command[@]}" </dev/null &
  pid=$!
  ((!stop)) || kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done
}

# run_slurm_job REQUEUE: what a batch script does. With REQUEUE 1 a job that was stopped after saving runs again, unless
# Slurm itself is ending it: whether one that was preempted or cancelled runs again is Slurm's to decide.
run_slurm_job() {
  local job=$SLURM_ARRAY_TASK_ID id=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID code
  run_job "$job"
  code=$(ended_with "$job")
  if (($1 && code == JOB_STOPPED)) && [[ $(scontrol --oneliner show job "$id") == *' JobState=RUNNING '* ]]; then
    scontrol requeue "$id"
  fi
  exit "${code:-1}"
}

# report: the script's exit code. 0: every job of the range has ended with 0. 75: the others were stopped after saving,
# or not started because of the stop. 1: some failed; they are named, ten at most.
report() {
  local job code bad=0 worst=$JOB_STOPPED total=$((job_last - job_first + 1)) lines=()
  for ((job = job_first; job <= job_last; ++job)); do
    code=$(ended_with "$job")
    [[ $code == 0 ]] && continue
    bad=$((bad + 1))
    [[ $code == "$JOB_STOPPED" || (-z $code && ${job_stopping:-0} == 1) ]] || worst=1
    ((bad > 10)) || lines+=("  job $job: $(describe "$job" "$code")")
  done
  ((bad)) || return 0
  echo "${0##*/}: $bad of $total jobs have not ended with 0" >&2
  printf '%s\n' "${lines[@]}" >&2
  ((bad <= 10)) || echo "  and $((bad - 10)) more" >&2
  return "$worst"
}

# describe JOB CODE: why it counts as not done.
describe() {
  local log
  log=$(log_of "$1")
  if [[ -n $2 ]]; then
    echo "exit code $2, $log (--pick=failed)"
  elif [[ -e $log ]]; then
    echo "no end in $log (--pick=incomplete)"
  else
    echo "not started, no $log (--pick=incomplete)"
  fi
}
