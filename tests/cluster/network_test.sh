#!/usr/bin/env bash
# Two ranks in network namespaces of their own, with a wire between them that this test holds in its hands:
#
#   1. A run over it, and one whose frames are late and overtake each other, end in the same bytes.
#   2. A rank that is killed, paused, or cut off ends the other within the timeout, with its name and the reason; both
#      go on to the bytes of the run that nothing broke.
#   3. A rank with other data, other flags, another version or another secret ends both in the same way.
#   4. Strangers at every port of rank 0, silent or loud, neither stop nor change a run.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/check.sh"
readonly ZERO=tally0.$$ ONE=tally1.$$ TIMEOUT=3 STEPS=60
for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
wire=$(dirname "$(realpath "$0")")/wire.py
strangers=$(dirname "$(realpath "$0")")/strangers.py

clean_up() {
  local pid
  for pid in "${pids[@]}" "${wire_pid:-}" "${strangers_pid:-}"; do [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null; done
  ip netns del "$ZERO" 2>/dev/null
  ip netns del "$ONE" 2>/dev/null
  rm -rf "$work"
}
pids=()
trap clean_up EXIT
trap 'exit 143' TERM INT
cd "$work" || exit 1

# --- Two machines ---
if ! { ip netns add "$ZERO" && ip netns add "$ONE" && [[ -w /dev/net/tun ]]; } 2>skip.err; then
  echo "SKIPPED: no network namespaces here, or no /dev/net/tun: $(cat skip.err)" >&2
  exit 0
fi

# lay_wire [DELAY JITTER]: the old one is taken away.
lay_wire() {
  if [[ -n ${wire_pid:-} ]]; then
    exec {wire_in}>&-
    wait "$wire_pid"
  fi
  rm -f wire.in wire.out
  mkfifo wire.in
  python3 "$wire" "$ZERO" "$ONE" "$@" <wire.in >wire.out &
  wire_pid=$!
  exec {wire_in}>wire.in
  wait_until 10 grep -q ready wire.out || { fail "there is no wire" && exit 1; }
  for side in "$ZERO 1" "$ONE 2"; do
    ip -n "${side% *}" link set lo up
    ip -n "${side% *}" address replace "10.98.0.${side#* }/24" dev eth0
    ip -n "${side% *}" link set eth0 up
  done
}

# start_rank RANK COMMAND...: in its namespace, with a host name of its own; its standard error goes to err_RANK.
start_rank() {
  local rank=$1 space=$ZERO
  ((rank == 0)) || space=$ONE
  # shellcheck disable=SC2016
  RANK=$rank WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.98.0.1 MASTER_PORT=29500 GLOO_SOCKET_IFNAME=eth0 \
    ip netns exec "$space" unshare --uts bash -c 'hostname "node$RANK" && exec "$@"' bash "${@:2}" 2>"err_$rank" &
  pids[rank]=$!
}

# start OUT: both ranks; finish_ranks CODE CODE: what they end with, within the timeout and some seconds.
train=(train --data=tokens.safetensors --threads=1 --device=cpu --resume --set=model.hidden_size=16
  --set=model.attention.heads=2 --set=train.batch_size=8 --set=train.log_every_steps=1
  "--set=train.distributed_timeout_seconds=$TIMEOUT" --set=train.save_every_steps=20 "--steps=$STEPS")
start() { for rank in 0 1; do start_rank "$rank" "${train[@]}" --out="$1"; done; }
ended() { for pid; do ! kill -0 "$pid" 2>/dev/null || [[ $(ps -o stat= -p "$pid") == Z* ]] || return 1; done; }
finish_ranks() {
  local rank code
  wait_until 30 ended "${pids[@]}" || fail "ranks go on: $(cat err_0 err_1)"
  for rank in 0 1; do
    kill -KILL "${pids[rank]}" 2>/dev/null
    wait "${pids[rank]}"
    code=$?
    [[ ${*:rank+1:1} == "$code" ]] || fail "rank $rank: exit code $code, expected ${*:rank+1:1}: $(cat "err_$rank")"
  done
  pids=()
}
steps_of() { wc -l <"$1/metrics.jsonl"; }
has_trained() { (($(steps_of "$1") >= $2)); }
await_steps() { wait_until 30 has_trained "$1" 25 || fail "training did not start: $(cat err_0 err_1)"; }

# broken NAME: ranks that were ended go on, and end as a run that nothing broke.
expect_resume() {
  start "$1"
  finish_ranks 0 0
  expect_match err_0 "continuing $1 from step"
  expect_same "$1"
}
expect_same() {
  cmp unbroken/checkpoints/latest/model.safetensors "$1/checkpoints/latest/model.safetensors" ||
    fail "$1 does not end as the run that nothing broke"
}

# ends_within PID: the seconds from now until it has ended are at most the timeout, and one for a slow machine.
ends_within() {
  local started=$EPOCHREALTIME
  wait_until 30 ended "$1" || fail "process $1 goes on"
  local took=$(((${EPOCHREALTIME/./} - ${started/./}) / 1000))
  ((took <= (TIMEOUT + 1) * 1000)) || fail "it took $took ms, expected $TIMEOUT s"
}

datagen --count=1000 --max_digits=6 --seed=1 2>/dev/null | tokenize --out=tokens.safetensors 2>/dev/null
datagen --count=1000 --max_digits=6 --seed=2 2>/dev/null | tokenize --out=others.safetensors 2>/dev/null
export TALLY_JOB_SECRET=0123456789abcdef0123456789abcdef

# --- 1. Runs that nothing breaks ---
lay_wire 0 0
start unbroken
finish_ranks 0 0
((!failures)) || finish # the rest would only fail more slowly
lay_wire 1 4
start late
finish_ranks 0 0
expect_same late
lay_wire 0 0
echo "$SECONDS s: a wire with frames that are late" >&2

# --- 2. Ranks that go ---
start killed
await_steps killed
kill -KILL "${pids[1]}"
finish_ranks 74 137
expect_match err_0 'rank 1 \(node1\) has gone: its connection closed'
expect_resume killed

start paused
await_steps paused
kill -STOP "${pids[1]}"
ends_within "${pids[0]}"
kill -KILL "${pids[1]}"
finish_ranks 74 137
expect_match err_0 'rank 1 \(node1\) has not been heard for'
expect_resume paused

start cut
await_steps cut
ip -n "$ONE" link set eth0 down
ends_within "${pids[0]}"
finish_ranks 74 74
expect_match err_0 'rank 1 \(node1\) has not been heard for'
expect_match err_1 'rank 0 \(10.98.0.1\) has not been heard for'
ip -n "$ONE" link set eth0 up
expect_resume cut
echo "$SECONDS s: ranks that go" >&2

# --- 3. Ranks that differ ---
differ() { # CODE PATTERN COMMAND...: rank 1 is called with the command and ends with the code; both say why.
  mkdir differ
  start_rank 0 "${train[@]}" --out="differ"
  start_rank 1 "${@:3}" --out="differ"
  ends_within "${pids[1]}"
  finish_ranks 74 "$1"
  expect_match err_0 "$2"
  expect_match err_1 "$2"
  rm -rf differ
}
mkdir other
cp others.safetensors other/tokens.safetensors
ln -s ../differ other/differ
differ 2 'seed: 7' "${train[@]}" --seed=7
differ 2 'data: rank 1 \(node1\)' bash -c 'cd other && exec "$@"' bash "${train[@]}"
# Another version is another word in the binary.
sed 's/0\.2\.0/0.1.9/g' "$(command -v train)" >old_train
chmod +x old_train
differ 2 'rank 1 \(node1\) runs Tally 0.1.9-' ./old_train "${train[@]:1}"
differ 2 'its TALLY_JOB_SECRET is not that of rank 0' env TALLY_JOB_SECRET=0123456789abcdef "${train[@]}"
echo "$SECONDS s: ranks that differ" >&2

# --- 4. Strangers ---
ip netns exec "$ZERO" python3 "$strangers" 10.98.0.1 >strangers.out 2>&1 &
strangers_pid=$!
start disturbed
finish_ranks 0 0
kill "$strangers_pid"
expect_match strangers.out '^port 29500$'
(($(wc -l <strangers.out) >= 3)) || fail "strangers found few ports: $(cat strangers.out)"
expect_same disturbed
echo "$SECONDS s: strangers" >&2
finish
