#!/usr/bin/env bash
# Sums of 100 and of 1,000 digits after a minute of training on numbers of at most 5 digits, 99 % wanted.
# usage: [SEED=1] recipes/records/shortest_operands.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 500000 1 "--max_digits=5 --equal_lengths=.1 --carry_chains=.1" "--set model.hidden_size=48"
measure trained .99 --rows=1..5 --cols=1..5 --samples=100
measure hundred_digits .99 --rows=100 --cols=100 --samples=200
adversarial 100 100
measure long_and_short .99 --rows=100 --cols=3 --samples=100
measure short_and_long .99 --rows=3 --cols=100 --samples=100
measure thousand_digits .99 --rows=1000 --cols=1000 --samples=100
adversarial 1000 20
finish
