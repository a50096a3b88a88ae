# shellcheck shell=bash
# Sourced by slurm_test.sh and srun_test.sh: a Slurm on loopback, with folders, ports and a key of its own. Its nodes are
# this machine, under its own name and as node2, node3, ...
#
#   1. munged, which signs messages, with a fresh key and a socket in the folder.
#   2. slurmctld and a slurmd for each node in the foreground, so that they are children that can be stopped by their id.
#      No systemd, no cgroups, no accounting.
#   3. SLURM_CONF leads sbatch, squeue and the others to this Slurm and no other.
#   4. stop_slurm ends what was started, also where starting failed half-way; sockets are short paths below /tmp.

slurm_folder=''
slurm_pids=()

# begin_slurm_test: the first line of a test, behind check.sh: tools on PATH, its folder, and what is stopped at its end.
begin_slurm_test() {
  local tool
  ((EUID == 0)) || {
    echo 'SKIPPED, and so not passed: starting Slurm needs root. Leave this test out with --test_tag_filters=-root' >&2
    exit 1
  }
  # shellcheck disable=SC2154 # of check.sh
  trap 'stop_slurm; rm -rf "$work"' EXIT
  trap 'exit 143' TERM INT
  for tool in "$PWD"/tools/*/; do PATH=$tool:$PATH; done
  cd "$work" || exit 1
}

free_ports() { # N: prints N ports that nothing listens on
  python3 -c 'import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])' "$1"
}

write_slurm_conf() { # NODE...
  local host ports i
  host=$(hostname -s)
  read -ra ports < <(free_ports $(($# + 1)))
  cat >"$slurm_folder/slurm.conf" <<EOF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm_folder/munge.socket
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/spool.%n
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd.%n.pid
SlurmctldLogFile=$slurm_folder/slurmctld.log
SlurmdLogFile=$slurm_folder/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
MinJobAge=2
FirstJobId=$((1000 + RANDOM))
KillWait=20
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
  for ((i = 1; i <= $#; ++i)); do
    echo "NodeName=${!i} NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=$(nproc) RealMemory=1000 State=UNKNOWN"
  done >>"$slurm_folder/slurm.conf"
}

# start_slurm NODES: false, with the ends of the logs, where they are not idle within a minute.
start_slurm() {
  local i nodes
  nodes=("$(hostname -s)")
  for ((i = 2; i <= $1; ++i)); do nodes+=("node$i"); done
  PATH=$PATH:/usr/sbin # where the daemons are, and where a user's PATH need not lead
  slurm_folder=$(mktemp -d /tmp/slurm.XXXXXX)
  chmod 755 "$slurm_folder"
  mkdir "$slurm_folder/state" "${nodes[@]/#/$slurm_folder/spool.}"
  head -c 128 /dev/urandom >"$slurm_folder/munge.key"
  chmod 400 "$slurm_folder/munge.key"
  write_slurm_conf "${nodes[@]}"
  export SLURM_CONF=$slurm_folder/slurm.conf
  munged --foreground --force --key-file="$slurm_folder/munge.key" --socket="$slurm_folder/munge.socket" \
    --pid-file="$slurm_folder/munged.pid" --seed-file="$slurm_folder/munge.seed" \
    --log-file="$slurm_folder/munged.log" >"$slurm_folder/munged.out" 2>&1 &
  slurm_pids+=($!)
  wait_until 60 test -S "$slurm_folder/munge.socket" || { slurm_logs; return 1; }
  slurmctld -D >"$slurm_folder/slurmctld.out" 2>&1 &
  slurm_pids+=($!)
  for i in "${nodes[@]}"; do
    slurmd -D -N "$i" >"$slurm_folder/slurmd.$i.out" 2>&1 &
    slurm_pids+=($!)
  done
  wait_until 60 nodes_are_idle "${#nodes[@]}" || { slurm_logs; return 1; }
}

nodes_are_idle() { [[ $(sinfo --noheader --format="%t %D") == "idle $1" ]]; }

slurm_logs() { tail -n 15 "$slurm_folder"/*.{out,log} >&2 || :; }

# Ends the daemons, the newest first, and waits for them.
stop_slurm() {
  local i
  [[ -n $slurm_folder ]] || return 0
  ((!${#slurm_pids[@]})) || scancel --quiet --signal=KILL --full --user=root >/dev/null 2>&1
  for ((i = ${#slurm_pids[@]} - 1; i >= 0; --i)); do
    kill -TERM "${slurm_pids[i]}" 2>/dev/null
    wait_until 5 no_process "${slurm_pids[i]}" || kill -KILL "${slurm_pids[i]}" 2>/dev/null
    wait "${slurm_pids[i]}" 2>/dev/null
  done
  slurm_pids=()
  rm -rf "$slurm_folder"
}

no_process() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") == Z* ]]; }
