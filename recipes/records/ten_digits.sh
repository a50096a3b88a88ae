#!/usr/bin/env bash
# 10,000 sums of two 10-digit numbers, 99 % wanted, within 20 seconds from nothing.
# usage: [SEED=1] recipes/records/ten_digits.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 300000 .2 "--max_digits=10 --equal_lengths=.1 --carry_chains=.1" "--set train.batch_size=32"
measure ten_digits .99 --rows=10 --cols=10 --samples=10000
adversarial 10 100
finish
