#!/usr/bin/env bash
# 10,000 sums of two 10-digit numbers, 99 % wanted, within 8 seconds from nothing.
# usage: [SEED=1] recipes/records/ten_digits.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 150000 .055 "--max_digits=8 --equal_lengths=.1 --carry_chains=.1" "--config=$root/recipes/records/quick_sums.textproto"
measure ten_digits .99 --rows=10 --cols=10 --samples=10000
adversarial 10 100
finish
