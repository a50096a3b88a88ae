#!/usr/bin/env bash
# Tells Bazel the commit that --version prints.
commit=$(git describe --always --dirty --abbrev=12 2>/dev/null) || commit=unknown
echo "STABLE_TALLY_COMMIT ${commit:-unknown}"
