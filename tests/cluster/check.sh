# shellcheck shell=bash
# Sourced by the tests of this folder: an empty folder to work in, and what is expected of a command.

export scripts=$PWD/scripts
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/cluster.XXXXXX")
failures=0

fail() {
  printf 'FAILED, line %s: %s\n' "${BASH_LINENO[1]}" "$1" >&2
  failures=$((failures + 1))
}

# expect_code CODE COMMAND...: its output is kept in $work/output for expect_output.
expect_code() {
  local code=0
  "${@:2}" >"$work/output" 2>&1 || code=$?
  ((code == $1)) || fail "${*:2}"$'\n'"  exit code $code, expected $1; it printed:"$'\n'"$(<"$work/output")"
}

# expect_match FILE PATTERN: a line of the file matches the extended regular expression.
expect_match() { grep -qE -e "$2" "$1" || fail "$1: expected a line that matches $2, found:"$'\n'"$(cat "$1")"; }
expect_output() { expect_match "$work/output" "$1"; }
expect_equal() { [[ $1 == "$2" ]] || fail "found \"$1\", expected \"$2\""; }

# wait_until SECONDS COMMAND...: false where the command has not succeeded by then.
wait_until() {
  local deadline=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# The last line of a test.
finish() {
  ((failures == 0)) || { echo "$failures checks failed" >&2 && exit 1; }
}
