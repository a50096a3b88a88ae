#!/usr/bin/env bash
# One run of a sweep, a job of sweep.sh: trains it, or continues it, and evaluates what it has learned where the sweep
# says how.
# usage: scripts/sweep_run.sh FOLDER NUMBER THREADS
set -uo pipefail
folder=$1 run=$1/run_$2 threads=$3 stopped=0

# `train` gets the signal too, saves, and ends with 75; bash comes here after that.
trap 'stopped=1' TERM INT USR1
train --config="$folder/configs/$2.textproto" --out="$run" --resume || exit
((!stopped)) || exit 75
[[ -e $folder/eval.txt ]] || exit 0

# Cells, whole or begun, of other flags or of an earlier step are in the way of new ones.
cells=$run/cells.jsonl
for made in "$cells" "$cells.partial"; do
  for source in "$folder/eval.txt" "$run/checkpoints/latest/DONE"; do
    [[ ! $source -nt $made ]] || rm -f "$made"
  done
done
[[ ! -e $cells ]] || exit 0
mapfile -t flags <"$folder/eval.txt"
env eval --model="$run" --threads="$threads" "${flags[@]}" --out="$cells"
