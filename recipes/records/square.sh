#!/usr/bin/env bash
# Every pair of lengths from 1 to 20 digits, 99 % wanted in each, trained on at most 8 digits within 18 seconds from nothing.
# usage: [SEED=1] recipes/records/square.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 200000 .13 "--max_digits=8 --equal_lengths=.1 --carry_chains=.1" "--config=$root/recipes/records/quick_sums.textproto"
measure square .99 --rows=1..20 --cols=1..20 --samples=100
adversarial 20 100
finish
