#!/usr/bin/env bash
# Ranks that srun starts, on a real Slurm of two nodes, both of which are this machine:
#
#   1. Two ranks, one a node, end in the bytes of two that were started without Slurm.
#   2. One that is killed ends the other with its name; the same srun goes on to the same bytes.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/check.sh"
# shellcheck source=tests/cluster/slurm_node.sh
source "$(dirname "$0")/slurm_node.sh"
begin_slurm_test
start_slurm 2 || { fail "Slurm did not start" && exit 1; }

datagen --count=1000 --max_digits=6 --seed=1 2>/dev/null | tokenize --out=tokens.safetensors 2>/dev/null
train=(train --data=tokens.safetensors --resume --steps=100 --threads=1 --device=cpu --set=model.hidden_size=16
  --set=model.attention.heads=2 --set=train.batch_size=8 --set=train.log_every_steps=1 --set=train.save_every_steps=20
  --set=train.distributed_timeout_seconds=5)
TALLY_JOB_SECRET=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
export TALLY_JOB_SECRET
on_both_nodes=(srun --nodes=2 --ntasks=2 --time=5 --kill-on-bad-exit=0)

# --- 1. Equal bytes ---
export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + RANDOM % 10000))
RANK=1 "${train[@]}" --out=unbroken 2>rank_1.err &
pid=$!
RANK=0 expect_code 0 "${train[@]}" --out=unbroken
wait "$pid"
unset WORLD_SIZE MASTER_PORT # MASTER_ADDR stays: nodes of this machine are no names of hosts
# shellcheck disable=SC2016
expect_code 0 "${on_both_nodes[@]}" bash -c 'echo "$SLURM_PROCID on $SLURMD_NODENAME"'
expect_output " on $(hostname -s)$"
expect_output ' on node2$'
expect_code 0 "${on_both_nodes[@]}" "${train[@]}" --out=by_srun
expect_output '2 ranks'
expect_same_model() {
  cmp {unbroken,"$1"}/checkpoints/latest/model.safetensors || fail "$1 does not end as ranks without Slurm do"
}
expect_same_model by_srun

# --- 2. A rank that is killed ---
# shellcheck disable=SC2016
"${on_both_nodes[@]}" bash -c 'echo $$ >"pid.$SLURM_PROCID" && exec "$@"' bash "${train[@]}" --out=killed 2>killed.err &
pid=$!
has_trained() { (($(wc -l <killed/metrics.jsonl) >= 25)); }
wait_until 60 has_trained || fail "training did not start: $(cat killed.err)"
kill -KILL "$(cat pid.1)"
wait "$pid" && fail "srun says that all is well"
expect_match killed.err 'rank 1 \(.*\) has gone: its connection closed'
expect_code 0 "${on_both_nodes[@]}" "${train[@]}" --out=killed
expect_output 'continuing killed from step'
expect_same_model killed
finish
