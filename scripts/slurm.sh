#!/usr/bin/env bash
# Runs a command once for each number of a range, as one Slurm job array, and waits for it: run.sh with the same words
# does so on this machine.
# usage: scripts/slurm.sh [options] [JOB=FIRST:LAST] LOG.JOB.txt COMMAND [ARGUMENT...]
#   scripts/slurm.sh --mem=4G JOB=0:19 logs/eval.JOB.txt eval --model=runs/a --shard=JOB/20 --out=cells.JOB.jsonl
#   scripts/slurm.sh --requeue --time=4:00:00 logs/train.txt train --resume --out=runs/a --data=tokens.safetensors
#
# JOB, the logs, --pick and the exit codes are those of run.sh; this folder and the working folder must be on a file
# system that the nodes share.
#   --max_jobs=N   at most N at a time; without it, what Slurm allows
#   --pick=WHICH   all, failed, incomplete, or failed,incomplete: see run.sh
#   --gpu=N        GPUs of a job (sbatch --gres=gpu:N)
#   --mem=SIZE     memory of a job, such as 4G
#   --time=LIMIT   time limit of a job, such as 4:00:00
#   --requeue      a job that is preempted runs again; so does one that ends with exit code 75, stopped after saving,
#                  which it is asked to do 120 seconds before its time limit. Its command must be one that continues,
#                  as train --resume does
#   --sbatch=WORDS more options of sbatch, such as "--partition=short --cpus-per-task=2"; may be given several times
# SIGTERM or Ctrl-C cancels the array; its jobs are sent SIGTERM and have Slurm's KillWait, often 30 s, to save.
set -uo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/job_array.sh
source "$folder/job_array.sh"

max_jobs='' requeue=0 job_stopping=0
sbatch_options=()

# take OPTION VALUE
take() {
  [[ -n ${2:-} ]] || job_usage "$1: a value is missing"
  case $1 in
    --max_jobs) job_number "$1" "$2" && max_jobs=%$2 ;;
    --pick) set_pick "$2" ;;
    --gpu) job_number "$1" "$2" && sbatch_options+=("--gres=gpu:$2") ;;
    --mem | --time) sbatch_options+=("$1=$2") ;;
    --sbatch) read -ra words <<<"$2" && sbatch_options+=("${words[@]}") ;;
  esac
}

while (($#)); do
  case $1 in
    --help) job_help "$0" ;;
    --requeue) requeue=1 && shift ;;
    --max_jobs=* | --pick=* | --gpu=* | --mem=* | --time=* | --sbatch=*) take "${1%%=*}" "${1#*=}" && shift ;;
    --max_jobs | --pick | --gpu | --mem | --time | --sbatch) take "$1" "${2:-}" && shift 2 ;;
    --*) job_usage "unknown option $1" ;;
    *) break ;;
  esac
done
parse_arguments "$@"
command -v sbatch >/dev/null || job_usage "sbatch is not here; expected a machine of a Slurm cluster"
pick_jobs

# Slurm copies the script, so what it needs is written into it.
batch_script() {
  echo '#!/usr/bin/env bash'
  echo "source $(quoted "$folder/job_array.sh")"
  declare -p job_first job_last job_log job_command
  echo "run_slurm_job $requeue"
}

# Prints the number of the array. Slurm's own words, such as why it ended a job, go to the log too. Of an option that is
# given twice, the user's counts, which is the last.
submit() {
  local log=${job_log//%/%%} tasks again=(--no-requeue)
  tasks=$(IFS=, && echo "${picked[*]}")
  ((!requeue)) || again=(--requeue --signal=B:TERM@120)
  batch_script | sbatch --parsable --array="$tasks$max_jobs" --output="${log//JOB/%a}" --open-mode=append \
    --job-name="${job_command[0]##*/}" "${again[@]}" "${sbatch_options[@]}"
}

# Also true where the controller does not answer: it may be back soon.
is_waiting() {
  local arrays
  arrays=$(squeue --noheader --user="$(id -u)" --format=%F 2>/dev/null) || return 0
  grep -qx "$1" <<<"$arrays"
}

# Asks every second at first, every ten seconds in the end.
wait_for() {
  local delay
  while is_waiting "$1"; do
    delay=$((1 + SECONDS / 60))
    sleep "$((delay < 10 ? delay : 10))" &
    wait $!
  done
}

# On a shared file system the ends of logs may come some seconds late.
wait_for_logs() {
  local try
  for try in 1 2 3; do
    report 2>/dev/null && return
    sleep "$try"
  done
}

if ((${#picked[@]})); then
  array=$(submit) || exit 70
  array=${array%%;*} # without the name of the cluster
  echo "slurm.sh: job array $array, ${#picked[@]} jobs" >&2
  trap 'job_stopping=1; scancel "$array"' TERM INT
  wait_for "$array"
  ((job_stopping)) || wait_for_logs
fi
report
