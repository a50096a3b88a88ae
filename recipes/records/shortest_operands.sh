#!/usr/bin/env bash
# Sums of 100 and of 1,000 digits after a minute of training on numbers of at most 5 digits, 99 % wanted.
# usage: [SEED=1] recipes/records/shortest_operands.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 500000 1 "--max_digits=5 --equal_lengths=.1 --carry_chains=.1" "--set model.hidden_size=48"
measure trained .99 --rows=1..5 --cols=1..5 --samples=100
long_sums hundred_digits 100 200 100
measure thousand_digits .99 --rows=1000 --cols=1000 --samples=100
adversarial 1000 20
finish
