#!/usr/bin/env bash
# Runs a command once for each number of a range, on this machine: slurm.sh with the same words does so on a cluster.
# usage: scripts/run.sh [--max_jobs=N] [--pick=all] [JOB=FIRST:LAST] LOG.JOB.txt COMMAND [ARGUMENT...]
#   scripts/run.sh JOB=0:19 logs/eval.JOB.txt eval --model=runs/a --shard=JOB/20 --out=cells.JOB.jsonl
#
# JOB is replaced by the number wherever it stands, in the log's name and in the command. The log has the command, host
# and time at its head, then all that the command prints, then time and exit code.
#   --max_jobs=N   at most N at a time; without it, one a core
#   --pick=WHICH   all; failed: those whose log ends with another code than 0; incomplete: those without an end in their
#                  log, or without a log; failed,incomplete: both
# Exit code 0: each job of the range, also one not picked, has ended with 0. 1: some have not, and are named. 2: usage.
# 75: all of these were stopped after saving, and --pick=failed,incomplete continues. SIGTERM is passed on to the jobs;
# then they are waited for.
set -uo pipefail
# shellcheck source=scripts/job_array.sh
source "$(dirname "${BASH_SOURCE[0]}")/job_array.sh"

max_jobs=$(nproc)
job_stopping=0
running=()
while (($#)); do
  case $1 in
    --help) job_help "$0" ;;
    --max_jobs=* | --pick=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    --max_jobs) job_number "$1" "${2:-}" && max_jobs=$2 && shift 2 ;;
    --pick) set_pick "${2:-}" && shift 2 ;;
    --*) job_usage "unknown option $1" ;;
    *) break ;;
  esac
done
parse_arguments "$@"
pick_jobs

# Sets `running` to the processes of jobs that are on. (`jobs` in a pipeline would see none of them.)
look() { read -ra running -d '' <<<"$(jobs -rp)" || :; }
stop() {
  job_stopping=1
  look
  ((!${#running[@]})) || kill -TERM "${running[@]}" 2>/dev/null
}
trap stop TERM INT USR1

for job in "${picked[@]}"; do
  while look && ((!job_stopping && ${#running[@]} >= max_jobs)); do wait -n; done
  ((job_stopping)) && break
  run_job "$job" >"$(log_of "$job")" 2>&1 </dev/null &
done
while look && ((${#running[@]})); do wait; done
report
