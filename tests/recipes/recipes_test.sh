#!/usr/bin/env bash
# Every recipe goes from data to picture with budgets of a second; every published setting is a configuration that train
# accepts, and is not run unasked.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/../cluster/check.sh"
trap 'rm -rf "$work"' EXIT
for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
recipes=$PWD/recipes
cd "$work" || exit 1
export SHARDS=2 COUNT=400 MINUTES=.01 SAMPLES=1

for recipe in addition:looped addition:feed_forward multiplication bitwise_or sorting; do
  export MODEL=${recipe#*:}
  script=$recipes/${recipe%:*}.sh name=${recipe/:/_}
  expect_code 0 "$script" paper
  expect_output "/run.sh JOB=0:1 out/${name}_paper/logs/grid.JOB.txt (sort_)?eval "
  [[ ! -e out/${name}_paper ]] || fail "$name: the published setting was run"
  expect_code 0 "$script" cpu "$name"
  expect_match "$name/grid.svg" '<svg'
  expect_match "$name/run/metrics.jsonl" '"loss"'
  ls "$name"/{grid,training}.png >/dev/null || fail "$name: a picture is missing"
  expect_equal "$(cat "$name"/grid.{0,1}.jsonl | sort | md5sum)" "$(sort "$name/grid.jsonl" | md5sum)"
done

# Records run from nothing to accuracies, and again measure what is there.
for record in ten_digits square hundred_digits shortest_operands fewest_parameters multiplication running_sums \
  bare_multiplication bare_parity bare_sums insertion_rows; do
  COUNT=2000 expect_code 0 "$recipes/records/$record.sh" "records/$record"
  [[ -e records/$record/run/metrics.jsonl ]] || fail "$record: no run"
done
expect_code 0 "$recipes/records/ten_digits.sh" records/ten_digits
expect_output 'ten_digits: [01] of 1 exact'

# One model of four tasks, and one of a single one of them.
STEPS=40 COUNT=400 expect_code 0 "$recipes/records/four_tasks.sh" records/four_tasks
expect_output 'sorting_30_30: [01] of 1 exact'
STEPS=40 COUNT=400 ONLY=sorting expect_code 0 "$recipes/records/four_tasks.sh" records/one_task
expect_output 'sorting_6_8: [01] of 1 exact'

# The comparison has a line for each of its schemes in both panels.
SEEDS=1 expect_code 0 "$recipes/compare_positions.sh" comparison
for scheme in none 'none.*log' learned rope alibi fire 'random.*fire' abacus 'abacus.*fire' coupled 'unit.*norm' clipped; do
  expect_match comparison/comparison.svg "$scheme"
done
for shape in looped 'feed.*forward'; do expect_match comparison/comparison.svg "$shape: exact answers"; done

# One round of a model's own answers, whose lines that stayed are counted; subtraction tuned beside subtraction from nothing.
STEPS=200 DIGITS=1 ROUNDS=2 LABELLED=60 ROUND_STEPS=10 expect_code 0 "$recipes/self_improvement.sh" self_improvement
expect_output 'round   2: [0-9]+ of 60, right: [0-9]+'
expect_match self_improvement/run/overrides.txt 'labelled.2.safetensors'
SEEDS=1 STEPS=10 ADDITION_STEPS=10 expect_code 0 "$recipes/tuning.sh" tuning
expect_output 'tuned 1, validation: 1 [0-9.]+; 2 '
expect_match tuning/tuned.1/initial_weights.txt 'copied'

# A second call with the same folder repeats nothing.
before=$(stat -c '%n %Y %i' sorting/logs/*)
expect_code 0 "$recipes/sorting.sh" cpu sorting
expect_equal "$(stat -c '%n %Y %i' sorting/logs/*)" "$before"

unset MODEL

# Another published run by its name, with the budget of its configuration; not one of another task.
PAPER=$(basename "$(ls "$recipes"/paper/pos_or_bucket_*_attn_emb_fire_*)" .textproto)
export PAPER
MINUTES='' COUNT='' expect_code 0 "$recipes/bitwise_or.sh" paper
expect_output "$PAPER: 0 problems, 1440 minutes of training, .* in out/$PAPER"
expect_output "train --config=[^ ]*/paper/common.textproto --config=[^ ]*/paper/$PAPER.textproto "
expect_code 2 "$recipes/addition.sh" paper
expect_output 'is not a run of this task: expected add_'
PAPER=unheard_of expect_code 2 "$recipes/addition.sh" paper
expect_output 'no .*paper/unheard_of.textproto'
unset PAPER

expect_code 2 "$recipes/addition.sh" gpu
MODEL=circular expect_code 2 "$recipes/addition.sh" paper
expect_output 'MODEL=circular, expected looped or feed_forward'
MODEL=circular expect_code 2 "$recipes/addition.sh"
expect_output 'no .*addition_circular_cpu.textproto'
finish
