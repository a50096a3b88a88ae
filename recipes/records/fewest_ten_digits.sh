#!/usr/bin/env bash
# Sums of 10 digits by a model of 496 parameters, 99 % wanted, trained on 1..10 digits in 20,000 steps, two minutes of one core.
# usage: [SEED=1] recipes/records/fewest_ten_digits.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 15 "--max_digits=10 --equal_lengths=.1 --carry_chains=.1" \
  "--config=$root/recipes/records/fewest_ten_digits.textproto --threads=1 --steps=${STEPS:-20000}"
measure trained .95 --rows=1..10 --cols=1..10 --samples=20
measure ten_digits .99 --rows=10 --cols=10 --samples=10000
adversarial 10 100
finish
