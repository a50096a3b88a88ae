#!/usr/bin/env bash
# Sums of 1,000 and of 10,000 digits after two minutes of training on 1..20 digits, 99 % wanted, 100 problems each.
# usage: [SEED=1] recipes/records/ten_thousand_digits.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 2000000 2 "--max_digits=20 --equal_lengths=.1 --carry_chains=.1" "--set model.hidden_size=48"
long_sums thousand_digits 1000 100 20
measure ten_thousand_digits .99 --rows=10000 --cols=10000 --samples=100
finish
