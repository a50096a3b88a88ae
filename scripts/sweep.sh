#!/usr/bin/env bash
# Trains the runs of a sweep (docs/sweeps.md), as processes of this machine or as one Slurm job array. A second call with
# the same words continues: what is finished is left alone, what was stopped or killed goes on from its last checkpoint.
# usage: scripts/sweep.sh [--slurm] [OPTION=VALUE...] FILE FOLDER [FLAG OF train...]
#   scripts/sweep.sh --max_jobs=2 rates.textproto out/rates --data=tokens.safetensors --steps=2000
#   scripts/sweep.sh --slurm --mem=4G --time=1:00:00 --requeue rates.textproto out/rates --data=tokens.safetensors
#
# The whole sweep is checked before anything starts. Flags of train set fields of all runs; axes of FILE come on top.
#   --slurm         slurm.sh instead of run.sh; a task has as many CPUs as its run has threads
#   --max_jobs=N    at most N runs at a time; without it, cores / threads on this machine, and on Slurm what it allows
#   OPTION=VALUE    any other option of run.sh or slurm.sh
# FOLDER has runs.jsonl (a line a run), configs, logs, and the run N in run_N. Exit codes are those of run.sh, and those
# of train for a sweep that is refused.
set -uo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/job_array.sh
source "$scripts/job_array.sh"
job_words='[--slurm] [OPTION=VALUE...] FILE FOLDER [FLAG OF train...]'
for tool in "$scripts"/../bazel-bin/tools/*/; do PATH=$PATH:$tool; done

runner=run.sh options=()
while (($#)); do
  case $1 in
    --help) job_help "$0" ;;
    --slurm) runner=slurm.sh ;;
    --requeue | --*=*) options+=("$1") ;;
    --*) job_usage "found $1, expected --slurm, --requeue or OPTION=VALUE" ;;
    *) break ;;
  esac
  shift
done
(($# >= 2)) || job_usage "expected the file of a sweep and a folder"
file=$1 folder=${2%/}
shift 2
[[ $folder != *JOB* ]] || job_usage "found JOB in $folder, which stands for a number in words of $runner"

# Two sweeps in one folder would train the same runs. The lock ends with the last job, also where this script was killed.
mkdir -p "$folder" || exit 73
exec {lock}<"$folder"
flock --nonblock "$lock" || { echo "sweep.sh: $folder: jobs of an earlier call are still running" >&2 && exit 73; }

size=$(train --sweep="$file" --out="$folder" "$@") || {
  code=$?
  rmdir "$folder" 2>/dev/null # one that was just made
  exit "$code"
}
read -r runs threads <<<"$size"
jobs=1
((threads == 0 || threads >= $(nproc))) || jobs=$(($(nproc) / threads))
if [[ $runner == run.sh ]]; then
  options=("--max_jobs=$jobs" "${options[@]}")
elif ((threads)); then
  options=("--sbatch=--cpus-per-task=$threads" "${options[@]}")
fi

# What has changed since a run was made, such as a larger budget, is done.
for ((run = 1; run <= runs; ++run)); do
  for source in "$folder/configs/$run.textproto" "$folder/eval.txt"; do
    [[ ! $source -nt $folder/logs/$run.txt ]] || rm -f "$folder/logs/$run.txt"
  done
done
echo "sweep.sh: $runs runs in $folder; plot sweep $(quoted "$folder") shows how they do" >&2
exec "$scripts/$runner" --pick=failed,incomplete "${options[@]}" "JOB=1:$runs" "$folder/logs/JOB.txt" \
  "$scripts/sweep_run.sh" "$folder" JOB "$threads"
