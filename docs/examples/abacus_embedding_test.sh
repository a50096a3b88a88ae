#!/usr/bin/env bash
# What docs/abacus.md says that its program prints.
set -euo pipefail
# shellcheck disable=SC2016
diff <(docs/examples/abacus_embedding) <(sed -n '/^```text$/,/^```$/{/^```/d;p}' docs/abacus.md)
