#!/usr/bin/env bash
# scripts/sweep.sh: a sweep that is refused starts nothing; one that is killed goes on and ends in the bytes of one that
# was left alone; what is finished is left alone, also where the sweep grows; `plot sweep` shows it.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/check.sh"
trap 'rm -rf "$work"' EXIT
for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
page=$PWD/docs/sweeps.md
cd "$work" || exit 1
sweep=$scripts/sweep.sh

datagen --count=400 --max_digits=2 --seed=1 | tokenize --out=tokens.safetensors 2>/dev/null
cat >small.textproto <<'EOT'
set: ["data='tokens.safetensors'", "model.hidden_size=16", "model.attention.heads=2", "train.batch_size=8",
      "train.save_every_steps=10", "train.log_every_steps=10"]
axis { field: "train.optimizer.learning_rate" value: ["1e-3", "4e-3"] }
seed: [1, 2]
eval: ["--rows=1..2", "--cols=1..2", "--samples=5"]
EOT

# --- What it refuses, before anything starts ---
expect_code 2 "$sweep"
expect_code 2 "$sweep" small.textproto
expect_output 'usage: sweep.sh \[--slurm\]'
expect_code 2 "$sweep" --max_jobs small.textproto refused
expect_code 2 "$sweep" small.textproto refused --steps=10 --resume
expect_code 2 "$sweep" small.textproto refused
expect_output 'no budget'
expect_code 66 "$sweep" none.textproto refused --steps=10
for wrong in 's/learning_rate/lerning_rate/' 's/4e-3/fast/' 's/--rows/--rowz/' 's/axis/axes/'; do
  sed "$wrong" small.textproto >wrong.textproto
  expect_code 2 "$sweep" wrong.textproto refused --steps=10
  expect_output '^train: wrong.textproto:'
done
[[ ! -e refused ]] || fail "a refused sweep left its folder"
expect_code 0 "$sweep" --help
expect_output '^usage: scripts/sweep.sh '

# --- One that is left alone ---
expect_code 0 "$sweep" --max_jobs=2 small.textproto whole --steps=300
expect_equal "$(cd whole && echo run_*)" 'run_1 run_2 run_3 run_4'
expect_equal "$(wc -l <whole/run_4/cells.jsonl)" 4
expect_equal "$(grep -c 'seed: 2' whole/run_4/config.textproto)" 1

# --- The same, killed with all its jobs as soon as one has saved, then continued ---
has_saved() { [[ -e $1/checkpoints/latest ]]; }
setsid "$sweep" --max_jobs=2 small.textproto killed --steps=300 2>/dev/null &
pid=$!
wait_until 60 has_saved killed/run_1 || fail "nothing was saved"
expect_code 73 "$sweep" small.textproto killed --steps=300
expect_output 'jobs of an earlier call'
# Jobs have sessions of their own; this ends the whole tree.
tree=$(ps -o pid= --ppid "$pid" | xargs -n1 ps -o pid= --ppid)
for process in $pid $tree; do kill -KILL -- "-$process" 2>/dev/null || kill -KILL "$process" 2>/dev/null; done
wait "$pid" 2>/dev/null
wait_until 60 flock --nonblock killed true || fail "jobs are still there"
[[ ! -e killed/run_1/cells.jsonl ]] || fail "run 1 was over before it was killed"
expect_code 0 "$sweep" --max_jobs=2 small.textproto killed --steps=300
for run in 1 2 3 4; do
  cmp "whole/run_$run/checkpoints/latest/model.safetensors" "killed/run_$run/checkpoints/latest/model.safetensors" ||
    fail "run $run has other parameters"
done

# --- What is finished is left alone; a third seed and a larger budget are done ---
before=$(stat -c '%n %Y %i' whole/logs/* whole/run_*/*.jsonl)
expect_code 0 "$sweep" small.textproto whole --steps=300
expect_equal "$(stat -c '%n %Y %i' whole/logs/* whole/run_*/*.jsonl)" "$before"
sed -i 's/seed: .*/seed: [1, 2, 3]/' small.textproto
expect_code 0 "$sweep" small.textproto whole --steps=300
expect_equal "$(stat -c '%n %Y %i' whole/logs/[1-4].txt whole/run_[1-4]/*.jsonl)" "$before"
expect_equal "$(tail -n 1 whole/runs.jsonl)" \
  '{"run":6,"values":{"train.optimizer.learning_rate":"4e-3"},"seed":3}'
expect_code 0 "$sweep" small.textproto whole --steps=310
expect_match whole/run_6/cells.jsonl '"step":310,'
expect_code 2 "$sweep" small.textproto whole --steps=310 --set=train.batch_size=16
expect_output 'batch_size'

# --- The table ---
expect_code 0 plot sweep whole
expect_output '^\| (1e-3|4e-3) \| 3 \| .* \| 310 \|'
expect_output '^6 of 6 runs have logged a step; '
expect_code 0 plot sweep whole --by=loss --out=sweep.csv
expect_equal "$(sed -n 2p sweep.csv | cut -d, -f1)" 4e-3

# --- The page runs ---
ln -s "$scripts" scripts
STEPS=5 expect_code 0 "$scripts/run_document.py" "$page" new.md
expect_match new.md '^12 of 12 runs have logged a step; '
expect_match rates.html '<svg'
finish
