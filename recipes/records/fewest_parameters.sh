#!/usr/bin/env bash
# Sums of 100 and of 1,000 digits by a model of 1,340 parameters, 99 % wanted, trained on 1..10 digits in 20,000 steps, two
# minutes of one core.
# usage: [SEED=1] recipes/records/fewest_parameters.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 15 "--max_digits=10 --equal_lengths=.1 --carry_chains=.1" \
  "--config=$root/recipes/records/fewest_parameters.textproto --threads=1 --steps=${STEPS:-20000}"
measure trained .95 --rows=1..10 --cols=1..10 --samples=20
long_sums hundred_digits 100 200 100
measure thousand_digits .99 --rows=1000 --cols=1000 --samples=100
adversarial 1000 20
finish
