#!/usr/bin/env bash
# The whole way from data to picture through scripts/slurm.sh, on a real Slurm of one node that this test starts:
#
#   1. datagen in three shards, tokenize, train; the union of the shards is what one process writes.
#   2. A training job that is told to stop saves, is put into the queue again by --requeue, and ends in the same bytes
#      as one that never stopped. One that is cancelled is not put there, and does so when it is picked.
#   3. An array of 20 shards of eval, of which one command and one whole job are killed; both are picked. All cells,
#      merged, are those of one process. plot draws them.
#   4. A sweep as one array.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/check.sh"
# shellcheck source=tests/cluster/slurm_node.sh
source "$(dirname "$0")/slurm_node.sh"
begin_slurm_test
slurm=$scripts/slurm.sh

expect_code 2 "$slurm" JOB=1:2 log.txt true
expect_code 2 "$slurm" --gpu=none log.txt true
expect_code 2 "$slurm" --mem
start_slurm 1 || { fail "Slurm did not start" && exit 1; }

# --- 1. Data and a model ---
expect_code 0 "$slurm" --mem=100M --time 5 JOB=0:2 "logs/data %a.JOB.txt" \
  datagen --count=3000 --max_digits=6 --seed=1 --shard=auto --out=part.JOB.txt
expect_match "logs/data %a.1.txt" "^# Started job 1 of 0:2 on $(hostname) "
cat part.{0,1,2}.txt >problems.txt
datagen --count=3000 --max_digits=6 --seed=1 | cmp - problems.txt || fail "the shards are not the whole"
expect_code 0 "$slurm" logs/tokenize.txt tokenize --in=problems.txt --out=tokens.safetensors
train=(train --data=tokens.safetensors --resume --steps=300 --threads=1 --set=model.hidden_size=16
  --set=model.attention.heads=2 --set=train.batch_size=8 --set=train.log_every_steps=1)
expect_code 0 "$slurm" logs/train.txt "${train[@]}" --out=unbroken
((!failures)) || finish # the rest would only fail more slowly

echo "$SECONDS s: data and a model" >&2
# --- 2. Training that is stopped ---
has_trained() { (($(wc -l <"$1/metrics.jsonl") >= 20)); }
last_job() { squeue --noheader --format=%F | sort -n | tail -n 1; }
is_pending() { [[ $(squeue --noheader --job="$1" --format=%t) == PD ]]; }
expect_same_model() {
  cmp {unbroken,"$1"}/checkpoints/step_00000300/model.safetensors || fail "$1 does not end as a run that never stopped"
}

"$slurm" --requeue --sbatch="--comment=stops" logs/requeued.txt "${train[@]}" --out=requeued 2>requeued.err &
pid=$!
wait_until 60 has_trained requeued || fail "training did not start"
job=$(last_job)
scancel --batch --signal=TERM "$job" # what --signal=B:TERM@120 does before a time limit
wait_until 60 is_pending "$job" || fail "the stopped job is not in the queue again"
expect_match logs/requeued.txt '^# Ended \(code 75\)'
sleep 2 # a node refuses a job whose last run it ended in the same second, which is why Slurm waits for two minutes
scontrol update JobId="$job" StartTime=now
wait "$pid"
expect_equal $? 0
expect_match logs/requeued.txt 'continuing requeued from step'
expect_same_model requeued

"$slurm" --requeue logs/cancelled.txt "${train[@]}" --out=cancelled 2>cancelled.err &
pid=$!
wait_until 60 has_trained cancelled || fail "training did not start"
scancel "$(last_job)" # signals every process of the job: the script and, through it once more, train
wait "$pid"
expect_equal $? 75
expect_match cancelled.err 'job 1: exit code 75, logs/cancelled.txt \(--pick=failed\)'
expect_code 0 "$slurm" --pick=failed logs/cancelled.txt "${train[@]}" --out=cancelled
expect_match logs/cancelled.txt 'continuing cancelled from step'
expect_same_model cancelled

echo "$SECONDS s: training that is stopped" >&2
# --- 3. Cells in 20 shards ---
grid=(--model=unbroken --rows=1..8 --cols=1..8 --samples=4 --seed=2 --threads=1)
# Jobs 7 and 9 wait to be killed when they run for the first time.
cat >shard <<'EOF'
if [ "$1" = 7 ] || [ "$1" = 9 ]; then mkdir "first.$1" && echo "$$" >"first.$1/pid" && exec sleep 60; fi
exec eval --shard="$1/20" --out="cells.$1.jsonl" "${@:2}"
EOF
"$slurm" --max_jobs=4 JOB=0:19 logs/eval.JOB.txt bash shard JOB "${grid[@]}" 2>eval.err &
pid=$!
wait_until 60 test -s first.7/pid || fail "job 7 did not start"
kill -KILL "$(cat first.7/pid)"
wait_until 60 test -s first.9/pid || fail "job 9 did not start"
kill -KILL -- "-$(ps -o pgid= -p "$(cat first.9/pid)" | tr -d ' ')" # with what would write the end of the log
wait "$pid"
expect_equal $? 1
expect_match eval.err '2 of 20 jobs have not ended with 0'
expect_match eval.err 'job 7: exit code 137, logs/eval.7.txt'
expect_match eval.err 'job 9: no end in logs/eval.9.txt'
expect_code 1 "$slurm" --pick=failed JOB=0:19 logs/eval.JOB.txt bash shard JOB "${grid[@]}"
expect_code 0 "$slurm" --pick=failed,incomplete JOB=0:19 logs/eval.JOB.txt bash shard JOB "${grid[@]}"
expect_output ', 1 jobs$'
env eval merge cells.{0..19}.jsonl >cells.jsonl || fail "not all cells are there"
env eval "${grid[@]}" 2>/dev/null | cmp - cells.jsonl || fail "the shards are not the whole"
expect_code 0 "$slurm" logs/plot.txt plot cells.jsonl --out=grid.svg
expect_match grid.svg '<svg'

echo "$SECONDS s: cells" >&2
# --- 4. A sweep ---
cat >sweep.textproto <<'EOT'
set: ["model.hidden_size=16", "model.attention.heads=2", "train.batch_size=8"]
axis { field: "train.optimizer.learning_rate" value: ["1e-3", "4e-3"] }
eval: ["--rows=1..2", "--cols=1", "--samples=2"]
EOT
expect_code 0 "$scripts/sweep.sh" --slurm --time=5 --requeue sweep.textproto sweep --data=tokens.safetensors --steps=5
expect_output ', 2 jobs$'
expect_equal "$(cat sweep/run_{1,2}/cells.jsonl | wc -l)" 4
expect_code 0 "$scripts/sweep.sh" --slurm sweep.textproto sweep --data=tokens.safetensors --steps=5
expect_equal "$(wc -l <"$work/output")" 1 # no array

echo "$SECONDS s: a sweep" >&2
finish
