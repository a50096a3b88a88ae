#!/usr/bin/env bash
# scripts/run.sh: what it refuses, its logs, jobs that fail, jobs that are picked again, and signals.
set -uo pipefail
# shellcheck source=tests/cluster/check.sh
source "$(dirname "$0")/check.sh"
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
run=$scripts/run.sh

# --- What it refuses ---
expect_code 2 "$run"
expect_code 2 "$run" JOB=1:2
expect_code 2 "$run" log.txt
expect_code 2 "$run" JOB=1:2 log.txt true
expect_output 'expected JOB in it'
expect_code 2 "$run" log.JOB.txt true
expect_output 'expected a range before it'
for range in 2:1 1 : 1: :1 a:b 1:2:3 -1:2 01:2 1:99999999 '1:2 '; do
  expect_code 2 "$run" "JOB=$range" log.JOB.txt true
done
for pick in some failed,some ',' '' 'failed incomplete'; do
  expect_code 2 "$run" "--pick=$pick" log.txt true
done
expect_code 2 "$run" --max_jobs=0 log.txt true
expect_code 2 "$run" --max_jobs
expect_code 2 "$run" --gpus=1 log.txt true
expect_equal "$(ls)" output
expect_code 0 "$run" --help
expect_output '^usage: scripts/run.sh '
touch file
expect_code 73 "$run" file/log.txt true

# --- One job without a range; words keep their spaces, quotes and dollars ---
# shellcheck disable=SC2016
{
  expect_code 0 "$run" one.txt printf '%s|' 'two  words' "it's" '$HOME' '*' ''
  expect_match one.txt '^two  words\|it'\''s\|\$HOME\|\*\|\|$'
}
expect_match one.txt "^# printf '%s\|' 'two  words' 'it'\\\\''s' '\\\$HOME' '\*' ''$"
expect_match one.txt "^# Started job 1 of 1:1 on $(hostname) at 20..-..-..T..:..:..Z$"
# shellcheck disable=SC2016
printf '#!/bin/sh\necho the program, "$@"\n' >./eval
chmod +x ./eval
PATH=.:$PATH expect_code 0 "$run" eval.txt eval 'exit 7'
expect_match eval.txt '^the program, exit 7$'
expect_equal "$(tail -n 1 one.txt | cut -d' ' -f1-5)" '# Ended (code 0) at'

# --- A range; JOB stands in folders and words; one job fails ---
# shellcheck disable=SC2016
job='echo "found $1 $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT from $SLURM_ARRAY_TASK_MIN"
     [ "$1" != "$(cat bad)" ]'
echo part_4 >bad
expect_code 1 "$run" JOB=3:5 logs/JOB/x.JOB.txt sh -c "$job" - part_JOB
expect_output '1 of 3 jobs have not ended with 0'
expect_output 'job 4: exit code 1, logs/4/x.4.txt'
expect_match logs/5/x.5.txt '^found part_5 5 of 3 from 3$'

# --- Picking ---
same=$(stat -c %Y%i logs/3/x.3.txt)
expect_code 1 "$run" --pick failed JOB=3:5 logs/JOB/x.JOB.txt sh -c "$job" - part_JOB
echo none >bad
expect_code 1 "$run" --pick incomplete JOB=3:5 logs/JOB/x.JOB.txt sh -c "$job" - part_JOB
sed -i '/^# Ended/d' logs/5/x.5.txt
rm logs/3/x.3.txt
expect_code 1 "$run" --pick failed JOB=3:5 logs/JOB/x.JOB.txt sh -c "$job" - part_JOB
expect_output 'job 3: not started, no logs/3/x.3.txt'
expect_output 'job 5: no end in logs/5/x.5.txt'
expect_match logs/4/x.4.txt '^found part_4 4 of 3 from 3$'
same=$(stat -c %Y%i logs/4/x.4.txt)
expect_code 0 "$run" --pick=failed,incomplete JOB=3:5 logs/JOB/x.JOB.txt sh -c "$job" - part_JOB
expect_equal "$(stat -c %Y%i logs/4/x.4.txt)" "$same"
expect_code 0 "$run" --pick failed,incomplete JOB=3:5 logs/JOB/x.JOB.txt false
expect_code 1 "$run" JOB=3:5 logs/JOB/x.JOB.txt false

# --- A job that was killed from outside has no end; a command that does not exist ends with 127 ---
# shellcheck disable=SC2016
expect_code 1 "$run" JOB=1:2 kill.JOB.txt sh -c '[ "$1" = 1 ] || { kill -KILL $PPID; sleep 1; }' - JOB
expect_output 'job 2: no end in kill.2.txt'
expect_code 1 "$run" gone.txt no_such_command
expect_output 'job 1: exit code 127'

# --- At most --max_jobs at a time ---
expect_code 0 "$run" --max_jobs 2 JOB=1:6 many.JOB.txt sh -c 'mkdir on.$$; ls -d on.* | wc -l; sleep .2; rmdir on.$$'
expect_equal "$(grep -hxE '[0-9]+' many.*.txt | sort -n | tail -n 1)" 2

# --- SIGTERM reaches each running job once, is waited for, and starts no other job ---
cat >saver <<'EOF'
trap 'echo asked; asked=1' TERM
touch "started.$1"
while [ -z "$asked" ]; do sleep .05; done
sleep .3
echo saved
exit 75
EOF
"$run" --max_jobs=2 JOB=1:3 stop.JOB.txt sh saver JOB 2>stop.err &
pid=$!
wait_until 60 ls started.1 started.2 || fail "the jobs did not start"
kill -TERM $pid
wait $pid
expect_equal $? 75
for job in 1 2; do
  expect_equal "$(grep -cx asked "stop.$job.txt")" 1
  expect_match "stop.$job.txt" '^saved$'
  expect_match "stop.$job.txt" '^# Ended \(code 75\)'
done
[[ ! -e stop.3.txt ]] || fail "job 3 was started after SIGTERM"
expect_match stop.err 'job 1: exit code 75, stop.1.txt \(--pick=failed\)'
expect_match stop.err 'job 3: not started'
expect_code 0 "$run" --pick=failed,incomplete JOB=1:3 stop.JOB.txt true

# --- A pipeline in a job ends with it ---
gone() { for pid; do ! kill -0 "$pid" || return 1; done; }
cat >pipeline <<'EOF'
(echo "$BASHPID" >first; exec sleep 60) | (echo "$BASHPID" >second; exec sleep 60)
EOF
"$run" pipeline.txt bash pipeline 2>/dev/null &
pid=$!
wait_until 60 test -s first -a -s second || fail "the pipeline did not start"
pids="$(cat first second)"
kill -TERM $pid
wait $pid
expect_equal $? 1
# shellcheck disable=SC2086  # one word a process
wait_until 5 gone $pids || fail "processes of the pipeline are still there: $pids"

finish
