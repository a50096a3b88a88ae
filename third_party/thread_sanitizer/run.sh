#!/usr/bin/env bash
# Runs a test that was built with --config=tsan. GCC 12's ThreadSanitizer knows addresses with 28 random bits at most,
# and newer kernels give more of them, unless they are asked for none.
# usage: run.sh COMMAND...
set -euo pipefail
if setarch --addr-no-randomize true 2>/dev/null; then
  exec setarch --addr-no-randomize "$@"
fi
exec "$@"
